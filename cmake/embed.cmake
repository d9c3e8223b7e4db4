# Files that travel inside the binary.

# rag_embed(TARGET SYMBOL file ...)
#   Adds to TARGET a source file that defines
#     namespace rag::embedded { extern const std::vector<std::pair<std::string_view, std::string_view>> SYMBOL; }
#   as pairs of file name and content, in the order given. The header "base/embedded.hpp" declares
#   the type. Content is cut into literals short enough for every compiler.
function(rag_embed target symbol)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}_embedded.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSYMBOL=${symbol} "-DFILES=${ARGN}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
