# A room is a folder of src/ built as one static library, with its tests beside it in tests/.

# rag_room(NAME SOURCES a.cpp ... USES room ... LIBS target ...)
#   USES   rooms whose headers it may include (public: whoever links this room gets them too)
#   LIBS   third-party targets, private to the room
#   PRECOMPILE  headers of its own to precompile, instead of those of every room
function(rag_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBS;PRECOMPILE" ${ARGN})
  add_library(rag_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(rag_${name} PUBLIC rag_flags nlohmann_json::nlohmann_json PRIVATE ${ROOM_LIBS})
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(rag_${name} PUBLIC rag_${used})
  endforeach()
  if(ROOM_PRECOMPILE)
    rag_precompile(rag_${name} ${ROOM_PRECOMPILE})
  else()
    rag_use_precompiled(rag_${name} rag_precompiled)
  endif()
endfunction()

# rag_tests(NAME SOURCES a_test.cpp ... USES room ... LIBS target ...)
#   One executable, rag_test_NAME, and one ctest entry of the same name.
function(rag_tests name)
  cmake_parse_arguments(TESTS "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(rag_test_${name} ${TESTS_SOURCES})
  target_link_libraries(rag_test_${name} PRIVATE rag_test_main ${TESTS_LIBS})
  foreach(used IN LISTS TESTS_USES)
    target_link_libraries(rag_test_${name} PRIVATE rag_${used})
  endforeach()
  target_include_directories(rag_test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(rag_test_${name} PRIVATE RAG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  rag_use_precompiled(rag_test_${name} rag_test_precompiled)
  set_target_properties(rag_test_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  add_test(NAME ${name} COMMAND rag_test_${name})
endfunction()
