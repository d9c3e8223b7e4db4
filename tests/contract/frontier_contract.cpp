#include "contract/frontier_contract.hpp"

#include <doctest/doctest.h>

namespace rag::contract {
namespace {

const std::string root = "https://a.example/";

CrawlSession make_session(const std::string& id) {
    CrawlSession session;
    session.id = id;
    session.started_at = Timestamp{std::chrono::milliseconds{1'700'000'000'123}};
    session.request = {{"max_pages", 5}};
    session.counts = {{"pages", 0}};
    return session;
}

FrontierPage make_page(const std::string& path, std::int64_t depth, std::int64_t place) {
    FrontierPage page;
    page.url = root + path;
    page.depth = depth;
    page.place = place;
    return page;
}

FrontierStep make_step(const std::string& session, const std::vector<FrontierPage>& pages) {
    FrontierStep step;
    step.session = session;
    for (const FrontierPage& page : pages) {
        step.pages.push_back({page, Metadata::object()});
    }
    return step;
}

std::vector<std::string> urls(const std::vector<FrontierPage>& pages) {
    std::vector<std::string> all;
    for (const FrontierPage& page : pages) {
        all.push_back(page.url);
    }
    return all;
}

void a_page_comes_back(StoreUnderTest& tested) {
    CrawlFrontier& frontier = tested.frontier();
    const CrawlKey key{add_collection(tested.store(), "c"), root};
    CHECK_FALSE(frontier.find_session({}, key));
    CHECK(frontier.list_pages({}, key).empty());
    frontier.open_session({}, key, make_session("s1"));
    FrontierPage page = make_page("a", 2, 7);
    page.parent = root;
    page.state = FrontierState::failed;
    page.status = 503;
    page.error = "It is \"down\".";
    page.etag = "W/\"x\"";
    page.last_modified = "Tue, 15 Nov 1994 12:45:26 GMT";
    page.checked_at = Timestamp{std::chrono::milliseconds{1'700'000'000'001}};
    FrontierStep step = make_step("s1", {page});
    step.counts = {{"pages", 1}};
    frontier.save_step({}, key, step);
    const auto pages = frontier.list_pages({}, key);
    REQUIRE(pages.size() == 1);
    CHECK(pages[0].url == page.url);
    CHECK(pages[0].depth == 2);
    CHECK(pages[0].place == 7);
    CHECK(pages[0].parent == root);
    CHECK(pages[0].state == FrontierState::failed);
    CHECK(pages[0].status == 503);
    CHECK(pages[0].error == page.error);
    CHECK(pages[0].etag == page.etag);
    CHECK(pages[0].last_modified == page.last_modified);
    CHECK(pages[0].checked_at == page.checked_at);
    CHECK(pages[0].document == 0);
    CHECK(pages[0].current);
    const auto session = frontier.find_session({}, key);
    REQUIRE(session);
    CHECK(session->id == "s1");
    CHECK(session->open);
    CHECK(session->started_at == make_session("").started_at);
    CHECK(session->request == make_session("").request);
    CHECK(session->counts == nlohmann::json{{"pages", 1}});
    CHECK(session->completed_request.is_null());
}

void pages_come_in_the_order_of_their_visits(StoreUnderTest& tested) {
    CrawlFrontier& frontier = tested.frontier();
    const CrawlKey key{add_collection(tested.store(), "c"), root};
    frontier.open_session({}, key, make_session("s1"));
    frontier.save_step({}, key,
                       make_step("s1", {make_page("d", 1, 4), make_page("b", 1, 2),
                                        make_page("c", 2, 1), make_page("a", 0, 9)}));
    CHECK(urls(frontier.list_pages({}, key)) ==
          std::vector<std::string>{root + "a", root + "b", root + "d", root + "c"});
    frontier.open_session({}, key, make_session("s2"));
    frontier.save_step({}, key, make_step("s2", {make_page("c", 2, 1)}));
    const auto pages = frontier.list_pages({}, key);
    CHECK(urls(pages) == std::vector<std::string>{root + "c", root + "a", root + "b", root + "d"});
    CHECK(pages[0].current);
    CHECK_FALSE(pages[1].current);
}

void a_session_that_is_over_writes_nothing(StoreUnderTest& tested) {
    CrawlFrontier& frontier = tested.frontier();
    const CrawlKey key{add_collection(tested.store(), "c"), root};
    const auto step = [&](const std::string& session) {
        return code_of(
            [&] { frontier.save_step({}, key, make_step(session, {make_page("a", 0, 0)})); });
    };
    CHECK(step("s1") == ErrorCode::conflict);
    frontier.open_session({}, key, make_session("s1"));
    frontier.open_session({}, key, make_session("s2"));
    CHECK(step("s1") == ErrorCode::conflict);
    frontier.close_session({}, key, "s1", CrawlEnd::completed);
    CHECK(frontier.find_session({}, key)->open);
    frontier.close_session({}, key, "s2", CrawlEnd::completed);
    CHECK_FALSE(frontier.find_session({}, key)->open);
    CHECK(step("s2") == ErrorCode::conflict);
    CHECK(frontier.list_pages({}, key).empty());
    CHECK(code_of([&] {
              frontier.open_session({}, {key.collection + 7, root}, make_session("s3"));
          }) == ErrorCode::not_found);
}

void an_end_keeps_what_it_should(StoreUnderTest& tested) {
    CrawlFrontier& frontier = tested.frontier();
    const CollectionId collection = add_collection(tested.store(), "c");
    const CrawlKey key{collection, root};
    frontier.open_session({}, key, make_session("s1"));
    FrontierPage owned = make_page("owned", 0, 0);
    owned.document = tested.store().add_document({}, make_document(collection, "text")).id;
    frontier.save_step({}, key, make_step("s1", {owned, make_page("seen", 1, 1)}));
    frontier.close_session({}, key, "s1", CrawlEnd::completed);
    CHECK(frontier.list_pages({}, key).size() == 2);
    CHECK(frontier.find_session({}, key)->completed_request == make_session("").request);
    CrawlSession second = make_session("s2");
    second.request = {{"max_pages", 9}};
    frontier.open_session({}, key, second);
    frontier.save_step({}, key, make_step("s2", {make_page("new", 0, 0)}));
    frontier.close_session({}, key, "s2", CrawlEnd::abandoned);
    CHECK(urls(frontier.list_pages({}, key)) == std::vector<std::string>{root + "owned"});
    CHECK(frontier.find_session({}, key)->completed_request == make_session("").request);
    frontier.open_session({}, key, make_session("s3"));
    frontier.save_step({}, key, make_step("s3", {make_page("new", 0, 0)}));
    frontier.close_session({}, key, "s3", CrawlEnd::completed);
    CHECK(urls(frontier.list_pages({}, key)) ==
          std::vector<std::string>{root + "new", root + "owned"});
}

void documents_are_owned_touched_and_forgotten(StoreUnderTest& tested) {
    Store& store = tested.store();
    CrawlFrontier& frontier = tested.frontier();
    const CollectionId collection = add_collection(store, "c");
    const CrawlKey key{collection, root};
    const CrawlKey other{collection, root + "b"};
    NewDocument document = make_document(collection, "text");
    document.metadata = {{"kept", 1}, {"session", "old"}};
    const DocumentId id = store.add_document({}, document).id;
    FrontierPage page = make_page("p", 0, 0);
    page.document = id;
    for (const CrawlKey& each : {key, other}) {
        frontier.open_session({}, each, make_session("s1"));
        FrontierStep step = make_step("s1", {page, make_page("q", 1, 1)});
        step.pages[0].touch = {{"session", "new"}};
        frontier.save_step({}, each, step);
    }
    CHECK(store.find_document({}, id)->metadata == nlohmann::json{{"kept", 1}, {"session", "new"}});
    CHECK(frontier.list_pages({}, key).at(0).content_hash == document.content_hash);
    CHECK(frontier.list_pages({}, key).at(0).chunk_count == 1);
    CHECK(frontier.list_pages({}, key).at(1).content_hash.empty());
    CHECK(frontier.measure({}, key).pages == 1);
    CHECK(frontier.measure({}, key).chunks == 1);
    CHECK(frontier.measure({}, {collection, "https://else/"}).pages == 0);
    CHECK(frontier.list_owners({}, collection, id) == std::vector<std::string>{root, root + "b"});
    page.document = 0;
    frontier.save_step({}, other, make_step("s1", {page}));
    CHECK(frontier.list_owners({}, collection, id) == std::vector<std::string>{root});
    store.delete_document({}, id);
    CHECK(frontier.list_pages({}, key).at(0).document == 0);
    page.document = id;
    frontier.save_step({}, key, make_step("s1", {page}));
    CHECK(frontier.list_pages({}, key).at(0).document == 0);
    store.delete_collection({}, "c");
    CHECK_FALSE(frontier.find_session({}, key));
}

void a_touch_is_in_the_change_feed(StoreUnderTest& tested) {
    Store& store = tested.store();
    const CollectionId collection = add_collection(store, "c");
    const CrawlKey key{collection, root};
    FrontierPage page = make_page("p", 0, 0);
    page.document = store.add_document({}, make_document(collection, "text")).id;
    tested.frontier().open_session({}, key, make_session("s1"));
    const FeedPosition before = store.feed_end({});
    FrontierStep step = make_step("s1", {page});
    step.pages[0].touch = {{"session", "new"}};
    tested.frontier().save_step({}, key, step);
    // A store may wait for older transactions of the server before it shows a change.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    bool seen = false;
    while (!seen && std::chrono::steady_clock::now() < end) {
        for (const Change& change : store.read_changes({}, before, 100).changes) {
            seen = seen || (change.kind == ChangeKind::document_changed &&
                            change.document == page.document && change.collection == collection);
        }
    }
    CHECK(seen);
}

}  // namespace

const std::vector<Promise>& frontier_promises() {
    static const std::vector<Promise> promises{
        {"a page comes back", a_page_comes_back},
        {"pages come in the order of their visits", pages_come_in_the_order_of_their_visits},
        {"a session that is over writes nothing", a_session_that_is_over_writes_nothing},
        {"an end keeps what it should", an_end_keeps_what_it_should},
        {"documents are owned, touched and forgotten", documents_are_owned_touched_and_forgotten},
        {"a touch is in the change feed", a_touch_is_in_the_change_feed},
    };
    return promises;
}

}  // namespace rag::contract
