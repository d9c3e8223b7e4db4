# The language, the warnings and the sanitizers, for every target of the project.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} frees some co_await temporaries twice without a warning. "
    "Use clang++-19 (package clang-19), any clang from 16 on, or g++ from 13 on.")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# A plain char has a sign on x86-64 and none on arm64; one way of reading texts is enough.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)")
  add_compile_options(-fsigned-char)
endif()

set(RAG_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")

find_program(RAG_CCACHE ccache)
if(RAG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The base directory makes checkouts in different folders share their results.
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${RAG_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

add_library(rag_flags INTERFACE)
target_compile_options(rag_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Werror>)
target_include_directories(rag_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)

if(RAG_SANITIZE)
  add_compile_options(-fsanitize=${RAG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RAG_SANITIZE})
else()
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

find_program(RAG_LLD NAMES ld.lld-19 ld.lld)
if(RAG_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
