# Headers of libraries that are slow to read, compiled once and shared by the targets that include
# them nearly everywhere. Each file includes what it uses all the same: the preset `dev` builds
# without.

option(RAG_PRECOMPILE "Precompile headers of libraries" ON)

# clang writes the time into what it precompiles, and ccache must not look at macros that name it.
set(RAG_PRECOMPILED_OPTIONS $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)

# rag_precompile(TARGET HEADER...): for the target alone.
function(rag_precompile target)
  if(RAG_PRECOMPILE)
    target_compile_options(${target} PRIVATE ${RAG_PRECOMPILED_OPTIONS})
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# rag_use_precompiled(TARGET FROM): what FROM precompiled, where both compile alike.
function(rag_use_precompiled target from)
  if(RAG_PRECOMPILE)
    target_compile_options(${target} PRIVATE ${RAG_PRECOMPILED_OPTIONS})
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

# What nearly every file of the product includes, and what every test does. Two, because a program's
# files are compiled as position independent in another way (-fPIE) than a library's (-fPIC); and
# under sanitizers two more, for rooms that are optimised where the others are not.
function(rag_add_precompiled)
  set(everywhere <algorithm> <chrono> <functional> <map> <memory> <mutex> <optional> <string>
      <string_view> <unordered_map> <vector> <nlohmann/json.hpp>)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
  set(variants "")
  if(RAG_SANITIZE)
    set(variants _hot)
  endif()
  foreach(variant "" ${variants})
    add_library(rag_precompiled${variant} STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(rag_precompiled${variant} PRIVATE rag_flags nlohmann_json::nlohmann_json)
    rag_optimise_hot(rag_precompiled${variant} "${variant}")
    rag_precompile(rag_precompiled${variant} ${everywhere})
    if(RAG_TESTS)
      add_executable(rag_test_precompiled${variant} EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled.cpp)
      target_link_libraries(rag_test_precompiled${variant}
        PRIVATE rag_test_main nlohmann_json::nlohmann_json)
      rag_optimise_hot(rag_test_precompiled${variant} "${variant}")
      rag_precompile(rag_test_precompiled${variant} ${everywhere} <doctest/doctest.h>)
    endif()
  endforeach()
endfunction()
