#include "memory/world.hpp"

using namespace rag;
using rag::test::World;

namespace {

/// Lets the Nth call fail and all others pass.
struct Fault {
    int fail_at = 0;
    int calls = 0;
    bool happened = false;

    void operator()() {
        if (++calls == fail_at) {
            happened = true;
            throw Error(ErrorCode::unavailable, "A fault was played.");
        }
    }
};

/// Plays `story` again and again on fresh worlds, a later call failing each time, until none does.
/// After each fault the store must be whole, and the story, told again, must come to its end.
template <class Attach, class Story, class Verify>
void play_faults(Attach attach, Story story, Verify verify) {
    for (int fail_at = 1;; ++fail_at) {
        REQUIRE(fail_at < 500);
        World world;
        Fault fault{fail_at, 0, false};
        attach(world, fault);
        try {
            story(world);
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::unavailable);
        }
        const bool over = !fault.happened;
        fault.fail_at = 0;
        CAPTURE(fail_at);
        REQUIRE(world.store.find_damage() == "");
        story(world);
        REQUIRE(world.store.find_damage() == "");
        verify(world);
        if (over) {
            return;
        }
    }
}

void tell_text_story(World& world) {
    world.add("Boats are blue.", "Boats", {{"k", 1}});
    memory::IngestText request{.content = "Boats are red.", .collection = "c", .title = "Boats"};
    request.mode = memory::TextMode::replace;
    const DocumentId id = world.memory().ingest_text(world.context, request).document_id;
    world.memory().update_document(
        world.context, {.document_id = id, .title = "Ships", .metadata = Metadata{{"a", 2}}});
    world.find("boats");
    world.memory().delete_document(world.context, id);
}

void tell_directory_story(World& world) {
    for (int i = 0; i < 5; ++i) {
        world.write_file("docs/" + std::to_string(i) + ".md", "Text number " + std::to_string(i));
    }
    world.memory().ingest_directory(world.context,
                                    {.path = "docs", .collection = "c", .prune = true});
}

void on_store(World& world, Fault& fault) {
    world.store.before_each = [&fault] { fault(); };
}

void on_embedder(World& world, Fault& fault) {
    world.embedder.before_each = [&fault] { fault(); };
}

void verify_texts(World& world) {
    CHECK(world.find("boats ships").hits.size() <= 2);
}

void verify_directory(World& world) {
    CHECK(world.memory().list_documents(world.context, {}).total_count == 5);
}

}  // namespace

TEST_CASE("faults: whichever call of the store fails, nothing is half written") {
    play_faults(on_store, tell_text_story, verify_texts);
    play_faults(on_store, tell_directory_story, verify_directory);
}

TEST_CASE("faults: whichever call of the embedder fails, nothing is half written") {
    play_faults(on_embedder, tell_text_story, verify_texts);
    play_faults(on_embedder, tell_directory_story, verify_directory);
}
