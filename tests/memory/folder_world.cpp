#include "memory/folder_world.hpp"

#include <algorithm>
#include <array>

namespace rag::test {
namespace {

constexpr std::array<const char*, 4> kinds{"added", "updated", "removed", "failed"};

memory::FilePolicy policy_of(const World& world) {
    memory::FilePolicy policy;
    policy.working_dir = world.root;
    policy.data_dir = "/nonexistent/data";
    policy.allowed_roots = {{world.root}};
    return policy;
}

}  // namespace

FolderChanges ScriptedWatcher::wait(const std::stop_token&, std::chrono::milliseconds most) {
    const auto next = script_.begin();
    if (next == script_.end() || next->first > clock_.passed() + most) {
        clock_.move(most);
        return {};
    }
    clock_.move(std::max(next->first - clock_.passed(), std::chrono::milliseconds{0}));
    const std::function<FolderChanges()> happening = next->second;
    script_.erase(next);
    return happening();
}

FolderWorld::FolderWorld() : files(policy_of(world)) {
    std::filesystem::create_directories(world.root + "/docs");
    folder = files.resolve(world.context.caller, "docs");
    request.path = "docs";
    request.collection = "c";
    request.recursive = true;
}

void FolderWorld::write(const std::string& name, const std::string& content) {
    world.write_file("docs/" + name, content);
}

FolderChanges FolderWorld::touched(const std::vector<std::string>& names) const {
    FolderChanges told;
    for (const std::string& name : names) {
        told.touched.push_back(path(name));
    }
    return told;
}

void FolderWorld::watch_until(std::chrono::milliseconds moment) {
    std::stop_source stop;
    watcher.at(moment, [&] {
        stop.request_stop();
        return FolderChanges{};
    });
    memory::DocumentWriter writer(world.store, world.embedder);
    memory::Ingest ingest(world.store, writer, files, clock, nullptr);
    memory::WatchListener listener;
    listener.on_change = [&](const memory::FolderChange& change) {
        std::string line = kinds.at(static_cast<std::size_t>(change.kind));
        line += ' ' + change.filename;
        changes.push_back(change.error.empty() ? line : line + ": " + change.error);
    };
    listener.on_in_step = [&](const memory::FolderSummary& summary) { in_step.push_back(summary); };
    listener.on_notice = [&](const std::string& sentence) { notices.push_back(sentence); };
    CallContext context = world.context;
    context.stop = stop.get_token();
    memory::FolderWatch({world.store, ingest, files, clock, world.embedder.space()}, folder,
                        request, watcher, listener)
        .run(context);
}

std::set<std::string> FolderWorld::documents() {
    std::set<std::string> names;
    for (const DocumentSummary& document :
         world.memory().list_documents(world.context, {.limit = 200}).documents) {
        const std::string path = document.metadata.at("file_path").get<std::string>();
        names.insert(path.substr(world.root.size() + 1));
    }
    return names;
}

}  // namespace rag::test
