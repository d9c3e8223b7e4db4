#include "http/route_table.hpp"

#include <doctest/doctest.h>

namespace rag::http {

TEST_CASE("routes: exact before prefix, longer prefix before shorter") {
    const RouteTable table({{"GET", "/*", Place::worker, {}},
                            {"GET", "/a/*", Place::worker, {}},
                            {"GET", "/a/b", Place::worker, {}},
                            {"*", "/any", Place::worker, {}}});
    CHECK(table.find("GET", "/a/b").route->path == "/a/b");
    CHECK(table.find("GET", "/a/c").route->path == "/a/*");
    CHECK(table.find("GET", "/a").route->path == "/a/*");
    CHECK(table.find("GET", "/ab").route->path == "/*");
    CHECK(table.find("HEAD", "/a/b").route->path == "/a/b");
    CHECK(table.find("PATCH", "/any").route->path == "/any");
    CHECK(table.find("POST", "/a/b").route == nullptr);
    CHECK(table.find("POST", "/a/b").allow == "GET, HEAD, OPTIONS");
}

}  // namespace rag::http
