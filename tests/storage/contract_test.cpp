#include "contract/frontier_contract.hpp"
#include "contract/search_index_contract.hpp"
#include "contract/store_contract.hpp"
#include "storage/kinds.hpp"

#include <doctest/doctest.h>

using namespace rag;

namespace {

void check_all_kinds(const std::vector<contract::Promise>& promises) {
    SUBCASE("fake") {
        contract::check_promises(promises, test::make_fake);
    }
    SUBCASE("sqlite") {
        contract::check_promises(promises, test::make_sqlite);
    }
    SUBCASE("postgres") {
        contract::check_promises(promises, [] { return test::make_postgres(); });
    }
}

}  // namespace

TEST_CASE("every store keeps what it promises of collections") {
    check_all_kinds(contract::collection_promises());
}

TEST_CASE("every store keeps what it promises of documents") {
    check_all_kinds(contract::document_promises());
}

TEST_CASE("every store keeps what it promises of versions") {
    check_all_kinds(contract::version_promises());
}

TEST_CASE("every store keeps what it promises of reading") {
    check_all_kinds(contract::reading_promises());
}

TEST_CASE("every store keeps what it promises of jobs") {
    check_all_kinds(contract::job_promises());
}

TEST_CASE("every store keeps what it promises of the change feed") {
    check_all_kinds(contract::feed_promises());
}

TEST_CASE("every frontier keeps what it promises") {
    check_all_kinds(contract::frontier_promises());
}

TEST_CASE("every search keeps what it promises") {
    check_all_kinds(contract::search_promises());
}

TEST_CASE("every search agrees with a plain one on random data") {
    contract::MakeStore make;
    SUBCASE("sqlite") {
        make = test::make_sqlite;
    }
    SUBCASE("postgres") {
        make = [] { return test::make_postgres(); };
    }
    for (const unsigned seed : {1U, 2U, 3U}) {
        contract::check_against_fake(*make(), seed);
    }
}
