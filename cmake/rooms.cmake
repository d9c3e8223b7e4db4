# A room is a folder of src/ built as one static library, with its tests beside it in tests/.

# Under sanitizers nothing is optimised, which halves the time to build; what is HOT is, because its
# tests do so much that they would take minutes otherwise. OUT gets "_hot" for such a target.
function(rag_variant out hot)
  set(${out} "" PARENT_SCOPE)
  if(hot AND RAG_SANITIZE)
    set(${out} _hot PARENT_SCOPE)
  endif()
endfunction()

function(rag_optimise_hot target variant)
  if(variant)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# rag_room(NAME [HOT] SOURCES a.cpp ... USES room ... LIBS target ...)
#   USES   rooms whose headers it may include (public: whoever links this room gets them too)
#   LIBS   third-party targets, private to the room
function(rag_room name)
  cmake_parse_arguments(ROOM "HOT" "" "SOURCES;USES;LIBS" ${ARGN})
  add_library(rag_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(rag_${name} PUBLIC rag_flags nlohmann_json::nlohmann_json PRIVATE ${ROOM_LIBS})
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(rag_${name} PUBLIC rag_${used})
  endforeach()
  rag_variant(variant "${ROOM_HOT}")
  rag_optimise_hot(rag_${name} "${variant}")
  rag_use_precompiled(rag_${name} rag_precompiled${variant})
endfunction()

# rag_tests(NAME [HOT] SOURCES a_test.cpp ... USES room ... LIBS target ...)
#   One executable, rag_test_NAME, and one ctest entry of the same name.
function(rag_tests name)
  cmake_parse_arguments(TESTS "HOT" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(rag_test_${name} ${TESTS_SOURCES})
  target_link_libraries(rag_test_${name} PRIVATE rag_test_main ${TESTS_LIBS})
  foreach(used IN LISTS TESTS_USES)
    target_link_libraries(rag_test_${name} PRIVATE rag_${used})
  endforeach()
  target_include_directories(rag_test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(rag_test_${name} PRIVATE RAG_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  rag_variant(variant "${TESTS_HOT}")
  rag_optimise_hot(rag_test_${name} "${variant}")
  rag_use_precompiled(rag_test_${name} rag_test_precompiled${variant})
  set_target_properties(rag_test_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  add_test(NAME ${name} COMMAND rag_test_${name})
endfunction()
