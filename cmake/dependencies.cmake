# Every third-party library, once. Rooms name the targets they use; see src/README.md for who may.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n data)

pkg_check_modules(libpqxx REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(gumbo REQUIRED IMPORTED_TARGET gumbo)
pkg_check_modules(brotlidec REQUIRED IMPORTED_TARGET libbrotlidec)

find_library(RAG_STEMMER stemmer REQUIRED)
if(RAG_TESTS)
  find_path(RAG_DOCTEST doctest/doctest.h PATH_SUFFIXES include REQUIRED)
endif()
