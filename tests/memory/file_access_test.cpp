#include "memory/file_access.hpp"

#include "memory/directory_walk.hpp"
#include "memory/world.hpp"

#include <sys/stat.h>
#include <fstream>

using namespace rag;
using namespace rag::memory;
using rag::test::error_of;
using rag::test::holds;

namespace {

struct Files {
    Files() : root(resolve_path("/", dir.path().string() + "/root")) {
        std::filesystem::create_directories(root + "/sub");
        std::filesystem::create_directories(dir.path() / "outside");
        write("root/a.md", "a");
        write("outside/secret.md", "s");
        caller.files = FileReach::working_tree;
        policy.working_dir = root;
        policy.data_dir = root + "/data";
        policy.allowed_roots = {{root}};
    }
    void write(const std::string& name, const std::string& content) const {
        std::ofstream(dir.path() / name) << content;
    }
    std::string refusal(const std::string& path) const {
        return error_of([&] { FileAccess(policy).resolve(caller, path); });
    }

    test::TempDir dir;
    std::string root;
    FilePolicy policy;
    Caller caller;
};

}  // namespace

TEST_CASE("files: outside the roots one sentence answers, whether the file exists or not") {
    const Files files;
    const std::string there = files.refusal(files.dir.path().string() + "/outside/secret.md");
    CHECK(holds(there, "ingest_text"));
    CHECK(files.refusal(files.dir.path().string() + "/outside/nothing.md") == there);
    CHECK(files.refusal("../outside/secret.md") == there);
    CHECK(files.refusal("x/../../outside/nothing") == there);
    CHECK(files.refusal("/") == there);
    std::filesystem::create_symlink(files.dir.path() / "outside/secret.md", files.root + "/there");
    std::filesystem::create_symlink(files.dir.path() / "outside/nothing", files.root + "/dangling");
    std::filesystem::create_symlink("../outside", files.root + "/folder");
    CHECK(files.refusal("there") == there);
    CHECK(files.refusal("dangling") == there);
    CHECK(files.refusal("folder/secret.md") == there);
    CHECK(files.refusal("folder/nothing") == there);
}

TEST_CASE("files: paths inside are allowed, with dots and links that stay inside") {
    const Files files;
    std::filesystem::create_symlink("../a.md", files.root + "/sub/link.md");
    const FileAccess access(files.policy);
    CHECK(access.resolve(files.caller, "./sub/../a.md").path == files.root + "/a.md");
    CHECK(access.resolve(files.caller, "sub/link.md").path == files.root + "/a.md");
    CHECK(access.read(files.caller, access.resolve(files.caller, "sub/link.md"), "x") == "a");
    CHECK(access.kind(access.resolve(files.caller, "nothing.md")) == PathKind::missing);
    CHECK(access.kind(access.resolve(files.caller, "sub")) == PathKind::directory);
}

TEST_CASE("files: hidden files, keys, .env files and the data folder are refused") {
    const Files files;
    CHECK(holds(files.refusal(".hidden.md"), "idden"));
    CHECK(holds(files.refusal("sub/.git/config"), "idden"));
    CHECK(holds(files.refusal(".env.local"), ".env.local"));
    CHECK(holds(files.refusal("id_rsa"), "key"));
    CHECK(holds(files.refusal("server.pem"), "server.pem"));
    CHECK(!files.refusal("data/memory.db").empty());
    files.write("root/note.txt", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc");
    const FileAccess access(files.policy);
    const AllowedPath note = access.resolve(files.caller, "note.txt");
    CHECK(holds(error_of([&] { access.read(files.caller, note, "note.txt"); }), "refused"));
}

TEST_CASE("files: roots follow the caller's reach where none are configured") {
    Files files;
    files.policy.allowed_roots.reset();
    CHECK(files.refusal("a.md") != "");  // The working folder holds the data folder.
    files.policy.data_dir = files.dir.path().string() + "/outside";
    CHECK(files.refusal("a.md") == "");
    files.policy.home_dir = files.root;
    CHECK(files.refusal("a.md") != "");
    files.policy.home_dir.clear();
    files.caller.files = FileReach::none;
    CHECK(files.refusal("a.md") != "");
    files.caller.files = FileReach::whole_machine;
    CHECK(files.refusal(".hidden") == "");
    files.caller.files = FileReach::working_tree;
    files.policy.working_dir = "/";
    CHECK(files.refusal(files.root + "/a.md") != "");
}

TEST_CASE("files: what turned into a link since it was judged is not opened") {
    const Files files;
    const FileAccess access(files.policy);
    const AllowedPath path = access.resolve(files.caller, "a.md");
    std::filesystem::remove(files.root + "/a.md");
    std::filesystem::create_symlink(files.dir.path() / "outside/secret.md", files.root + "/a.md");
    CHECK(!error_of([&] { access.read(files.caller, path, "a.md"); }).empty());
}

TEST_CASE("files: a pipe is no file and does not block") {
    const Files files;
    REQUIRE(mkfifo((files.root + "/pipe").c_str(), 0600) == 0);
    const FileAccess access(files.policy);
    const AllowedPath path = access.resolve(files.caller, "pipe");
    CHECK(holds(error_of([&] { access.read(files.caller, path, "pipe"); }), "regular"));
}

TEST_CASE("ignore rules: patterns, folders, negation and depth as git has them") {
    const IgnoreRules rules =
        IgnoreRules::parse("# c\n*.log\n!keep.log\n/build/\ndocs/**/tmp\na?c[0-9]\n");
    CHECK(rules.judge("x.log", false) == true);
    CHECK(rules.judge("deep/x.log", false) == true);
    CHECK(rules.judge("keep.log", false) == false);
    CHECK(rules.judge("build", true) == true);
    CHECK(rules.judge("build", false) == std::nullopt);
    CHECK(rules.judge("sub/build", true) == std::nullopt);
    CHECK(rules.judge("docs/tmp", false) == true);
    CHECK(rules.judge("docs/a/b/tmp", false) == true);
    CHECK(rules.judge("abc7", false) == true);
    CHECK(rules.judge("abcx", false) == std::nullopt);
    CHECK(matches_glob("**/x", "x"));
    CHECK(!matches_glob("*", "a/b"));
}
