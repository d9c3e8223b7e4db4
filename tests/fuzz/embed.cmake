# Included where RAG_FUZZ is on.
add_executable(rag_fuzz_model2vec ${CMAKE_CURRENT_LIST_DIR}/model2vec_fuzz.cpp)
target_compile_options(rag_fuzz_model2vec PRIVATE -fsanitize=fuzzer)
target_link_options(rag_fuzz_model2vec PRIVATE -fsanitize=fuzzer)
target_link_libraries(rag_fuzz_model2vec PRIVATE rag_embed)
