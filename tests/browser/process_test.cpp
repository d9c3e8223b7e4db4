// A process that stands for a browser: what becomes of it, and of what it was given.

#include "browser/devtools.hpp"
#include "browser/pipe.hpp"
#include "rag/error.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace rag;
using namespace rag::browser;
using namespace std::chrono_literals;

namespace {

/// A program that is run instead of a browser.
class Script final {
public:
    explicit Script(const std::string& text) {
        std::ofstream(path()) << "#!/bin/sh\n" << text << '\n';
        chmod(path().c_str(), 0700);
    }
    std::string path() const { return dir_.file("browser"); }
    std::string file(const std::string& name) const { return dir_.file(name); }

private:
    const test::TempDir dir_;
};

DevtoolsOptions options_for(const Script& script, PipeOptions pipe = {}) {
    pipe.program = script.path();
    DevtoolsOptions options;
    options.connect = start_browser(std::move(pipe));
    return options;
}

bool await(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

bool is_alive(pid_t group) {
    return ::kill(-group, 0) == 0;
}

}  // namespace

TEST_CASE("process: a browser is told nothing of this process but what it needs") {
    ::setenv("OPENAI_API_KEY", "sk-of-the-test", 1);
    const Script script(
        "env > \"$(dirname \"$0\")/seen\"; ls -l /proc/self/fd >> \"$(dirname "
        "\"$0\")/seen\"; echo \"$@\" >> \"$(dirname \"$0\")/seen\"; echo done >> "
        "\"$(dirname \"$0\")/seen\"; sleep 60");
    const std::ofstream open_here(script.file("of-ours"));
    Devtools browser(options_for(script));
    REQUIRE(await([&] { return content_of(script.file("seen")).ends_with("done\n"); }));
    const std::string seen = content_of(script.file("seen"));
    CHECK(seen.find("sk-of-the-test") == std::string::npos);
    CHECK(seen.find("of-ours") == std::string::npos);
    CHECK(seen.find("HOME=" + std::filesystem::temp_directory_path().string() + "/rag-browser-") !=
          std::string::npos);
    CHECK(seen.find("--remote-debugging-pipe --user-data-dir=") != std::string::npos);
    ::unsetenv("OPENAI_API_KEY");
}

TEST_CASE("process: the whole group and the profile go with the browser") {
    const Script script("echo \"$HOME\" > \"$(dirname \"$0\")/home\"; sleep 60 & sleep 60");
    pid_t group = -1;
    std::string home;
    {
        Devtools browser(options_for(script));
        group = browser.group();
        REQUIRE(await([&] { return content_of(script.file("home")).ends_with("\n"); }));
        home = content_of(script.file("home"));
        home.pop_back();
        CHECK(std::filesystem::is_directory(home));
        CHECK(is_alive(group));
    }
    CHECK(await([&] { return !is_alive(group); }));
    CHECK_FALSE(std::filesystem::exists(home));
}

TEST_CASE("process: one that ends by itself says so to whoever waits") {
    const Script script("exit 3");
    Devtools browser(options_for(script));
    Inbox inbox;
    browser.join("session", inbox);
    std::string why;
    try {
        for (;;) {
            inbox.take({}, std::chrono::steady_clock::now() + 10s);
        }
    } catch (const Error& error) {
        why = error.message();
    }
    CHECK(why == "The browser ended by itself.");
    CHECK(browser.is_over());
    CHECK_THROWS_AS(browser.send("", "Browser.getVersion", Json::object(), nullptr,
                                 std::chrono::steady_clock::now() + 1s),
                    Error);
    CHECK_FALSE(Devtools::Use(browser).is_granted());
}

TEST_CASE("process: what it cannot do for want of a sandbox is said with the way out") {
    const Script script("echo 'FATAL: No usable sandbox! If you are running' >&2; exit 1");
    Devtools browser(options_for(script));
    CHECK(await([&] { return browser.is_over(); }));
    try {
        browser.send("", "Browser.getVersion", Json::object(), nullptr,
                     std::chrono::steady_clock::now() + 1s);
        FAIL("it is over");
    } catch (const Error& error) {
        CHECK(error.message().find("RAG_BROWSER_SANDBOX=off") != std::string::npos);
    }
}

TEST_CASE("process: answers go to who asked, events to the session, what is no JSON nowhere") {
    // Waits for the first byte of a command.
    const Script script(
        "head -c 1 <&3 >/dev/null\n"
        "printf '{\"method\":\"E.came\",\"sessionId\":\"s\",\"params\":{}}\\000' >&4\n"
        "printf 'nonsense\\000{\"id\":1,\"result\":{\"is\":\"here\"}}\\000' >&4\nsleep 60");
    Devtools browser(options_for(script));
    Inbox session;
    browser.join("s", session);
    Inbox asker;
    const auto soon = std::chrono::steady_clock::now() + 10s;
    CHECK(browser.send("", "Any.thing", Json::object(), &asker, soon) == 1);
    const auto event = session.take({}, soon);
    REQUIRE(event.has_value());
    CHECK(Json(event->at("method")) == "E.came");
    const auto answer = asker.take({}, soon);
    REQUIRE(answer.has_value());
    CHECK(answer->at("result").at("is") == "here");
    browser.leave(session);
    browser.leave(asker);
}

TEST_CASE("process: a browser that nobody uses is ended, one that is used is not") {
    const Script script("sleep 60");
    DevtoolsOptions options = options_for(script);
    options.idle_time = 300ms;
    Devtools browser(options);
    {
        const Devtools::Use use(browser);
        if (use.is_granted()) {
            std::this_thread::sleep_for(900ms);
            CHECK_FALSE(browser.is_over());
        }
    }
    CHECK(await([&] { return browser.is_over(); }));
}

TEST_CASE("process: a browser that needs too much memory is ended") {
    const Script script("head -c 60000000 /dev/zero | tail -c 50000000 | sleep 60");
    PipeOptions pipe;
    pipe.memory_bytes_max = 20'000'000;
    Devtools browser(options_for(script, pipe));
    const Devtools::Use use(browser);
    CHECK(use.is_granted());
    CHECK(await([&] { return browser.is_over(); }));
}
