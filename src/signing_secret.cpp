#include "signing_secret.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace rag {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = 2 * secret_bytes;

std::string read_secret(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Writes to a file of its own and links it into place, so that of two processes one wins and no
/// reader sees half a secret.
void offer_secret(const std::string& path) {
    const std::string temporary = path + '.' + std::to_string(getpid());
    const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    const std::string secret = to_hex(random_bytes(secret_bytes));
    const bool written =
        write(file, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size());
    close(file);
    if (written && link(temporary.c_str(), path.c_str()) != 0) {
        log::debug("another process made the secret first");
    }
    unlink(temporary.c_str());
}

}  // namespace

std::string find_signing_secret(const Config& config) {
    if (!config.secret.empty()) {
        return config.secret;
    }
    if (!config.database_url.starts_with("sqlite:")) {
        return hmac_sha256("rag-memory signing secret", config.database_url);
    }
    std::error_code ignored;
    std::filesystem::create_directories(config.data_dir, ignored);
    const std::string path = config.data_dir + "/secret";
    std::string secret = read_secret(path);
    if (secret.size() != secret_characters) {
        offer_secret(path);
        secret = read_secret(path);
    }
    if (secret.size() != secret_characters) {
        log::warn("no secret could be kept in '{}'; sessions end with this process",
                  config.data_dir);
        return random_bytes(secret_bytes);
    }
    return secret;
}

}  // namespace rag
