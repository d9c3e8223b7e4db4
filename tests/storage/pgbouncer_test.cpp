#include "support/pgbouncer.hpp"
#include "contract/search_index_contract.hpp"
#include "contract/store_contract.hpp"
#include "storage/kinds.hpp"

#include <doctest/doctest.h>

using namespace rag;

TEST_CASE("postgres: behind a transaction pooler the store keeps every promise") {
    const test::Pgbouncer pooler(test::server_address());
    const contract::MakeStore make = [&] {
        auto schema = std::make_shared<test::OwnSchema>();
        return test::make_postgres(schema, schema->options_through(pooler.address()));
    };
    SUBCASE("of the store") {
        contract::check_store(make);
    }
    SUBCASE("of the search") {
        contract::check_search_index(make);
    }
}
