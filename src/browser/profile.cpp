#include "browser/profile.hpp"

#include "base/log.hpp"
#include "rag/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <vector>

namespace rag::browser {
namespace {

namespace fs = std::filesystem;

constexpr const char* prefix = "rag-browser-";
/// Between a folder's making and its lock there is a moment.
constexpr std::time_t age_min_s = 60;

Descriptor open_folder(const std::string& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

bool is_left_behind(const std::string& path) {
    const Descriptor folder = open_folder(path);
    struct stat info{};
    return folder.is_open() && ::fstat(folder.get(), &info) == 0 && info.st_uid == ::geteuid() &&
           std::time(nullptr) - info.st_mtime > age_min_s &&
           ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0;
}

void remove_left_behind(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        if (entry->path().filename().string().starts_with(prefix)) {
            found.push_back(entry->path());
        }
    }
    for (const fs::path& path : found) {
        if (is_left_behind(path.string())) {
            fs::remove_all(path, error);
        }
    }
}

}  // namespace

Profile::Profile() {
    std::error_code error;
    const fs::path folder = fs::temp_directory_path(error);
    if (!error) {
        remove_left_behind(folder);
        path_ = (folder / (std::string(prefix) + "XXXXXX")).string();
    }
    if (error || ::mkdtemp(path_.data()) == nullptr) {
        throw Error(ErrorCode::unavailable,
                    "The browser cannot be started: the folder for temporary files cannot be "
                    "written.");
    }
    lock_ = open_folder(path_);
    if (lock_.is_open()) {
        ::flock(lock_.get(), LOCK_EX | LOCK_NB);
    }
}

Profile::~Profile() {
    std::error_code error;
    fs::remove_all(path_, error);
    if (error) {
        log::warn("the browser's folder for temporary files could not be removed: {}",
                  error.message());
    }
}

}  // namespace rag::browser
