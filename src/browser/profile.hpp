#pragma once

#include "base/descriptor.hpp"

#include <string>

namespace rag::browser {

/// A fresh folder for what a browser writes; gone with the object. Folders that a killed process
/// left are removed when the next one is made: whoever owns one holds a lock on it.
class Profile final {
public:
    /// Below the system's folder for temporary files. Throws Error{unavailable}.
    Profile();
    ~Profile();
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
    Descriptor lock_;
};

}  // namespace rag::browser
