#include "formats/archive.hpp"

#include "base/ascii.hpp"
#include "formats/limits.hpp"
#include "rag/error.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

struct FreeReader {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

[[noreturn]] void refuse(const std::string& sentence) {
    throw Error(ErrorCode::invalid_argument, sentence);
}

[[noreturn]] void refuse_damaged() {
    refuse(
        "The document is damaged: its container cannot be read to the end. Open it in its "
        "program and save it anew.");
}

[[noreturn]] void refuse_growth(std::size_t bytes) {
    refuse("The document unpacks to more than " + std::to_string(bytes >> 20U) +
           " MB, which is out of proportion. Save it as text, or split it.");
}

Reader open_zip(std::string_view bytes) {
    Reader reader(archive_read_new());
    if (reader == nullptr) {
        throw std::bad_alloc();
    }
    archive_read_support_format_zip(reader.get());
    archive_read_support_filter_none(reader.get());
    if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
        refuse_damaged();
    }
    return reader;
}

/// Unpacks under the bounds of one part, of all of them, and of the proportion to what is packed.
class Unpacker final {
public:
    explicit Unpacker(std::size_t packed)
        : total_max_(std::min(archive_bytes_max,
                              std::max(archive_ratio_free_bytes, packed * archive_ratio_max))) {}

    std::string unpack(archive* reader) {
        std::string part;
        std::array<char, 64 * 1024> buffer{};
        for (;;) {
            const la_ssize_t got = archive_read_data(reader, buffer.data(), buffer.size());
            if (got == 0) {
                return part;
            }
            if (got < 0) {
                refuse_damaged();
            }
            total_ += static_cast<std::size_t>(got);
            part.append(buffer.data(), static_cast<std::size_t>(got));
            if (part.size() > archive_entry_bytes_max) {
                refuse_growth(archive_entry_bytes_max);
            }
            if (total_ > total_max_) {
                refuse_growth(total_max_);
            }
        }
    }

private:
    const std::size_t total_max_;
    std::size_t total_ = 0;
};

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string without_percent_signs(std::string_view written) {
    std::string out;
    for (std::size_t i = 0; i < written.size(); ++i) {
        const bool whole = written[i] == '%' && i + 2 < written.size();
        const int high = whole ? hex_value(written[i + 1]) : -1;
        const int low = whole ? hex_value(written[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(written[i]);
        }
    }
    return out;
}

}  // namespace

Archive::Archive(std::string_view bytes, const Wanted& wanted) {
    const Reader reader = open_zip(bytes);
    Unpacker unpacker(bytes.size());
    std::size_t entries = 0;
    for (;;) {
        archive_entry* entry = nullptr;
        const int result = archive_read_next_header(reader.get(), &entry);
        if (result == ARCHIVE_EOF) {
            break;
        }
        if (result < ARCHIVE_WARN) {
            refuse_damaged();
        }
        if (++entries > archive_entries_max) {
            refuse("The document has more than " + std::to_string(archive_entries_max) +
                   " parts. Save it as text, or split it.");
        }
        const char* name = archive_entry_pathname_utf8(entry);
        name = name == nullptr ? archive_entry_pathname(entry) : name;
        if (name == nullptr || archive_entry_filetype(entry) != AE_IFREG || !wanted(name)) {
            continue;
        }
        if (archive_entry_is_data_encrypted(entry) != 0) {
            refuse(
                "The document is protected with a password. Save it without one, then take it "
                "in.");
        }
        // Of two parts of one name the first counts, as most programs have it.
        parts_.try_emplace(name, unpacker.unpack(reader.get()));
    }
    if (entries == 0) {
        refuse_damaged();
    }
}

std::string_view Archive::part(std::string_view name) const {
    const auto found = parts_.find(name);
    return found == parts_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Archive::require(std::string_view name) const {
    if (!has(name)) {
        refuse("The document is damaged: its part '" + std::string(name.substr(0, 200)) +
               "' is missing. Open it in its program and save it anew.");
    }
    return part(name);
}

void Archive::forget(std::string_view name) {
    const auto found = parts_.find(name);
    if (found != parts_.end()) {
        parts_.erase(found);
    }
}

bool is_markup_part(std::string_view name) {
    constexpr std::array<std::string_view, 7> endings{".xml",   ".rels", ".opf", ".ncx",
                                                      ".xhtml", ".html", ".htm"};
    const std::string lower = ascii_lower(name);
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return lower.ends_with(ending); });
}

std::string resolve_part(std::string_view source, std::string_view target) {
    target = target.substr(0, target.find('#'));
    if (target.empty() || target.find("://") != std::string_view::npos) {
        return {};
    }
    const std::string path = without_percent_signs(target);
    std::string whole = path;
    if (path.front() != '/') {
        const std::size_t slash = source.rfind('/');
        whole = (slash == std::string_view::npos ? "" : std::string(source.substr(0, slash + 1))) +
                path;
    }
    std::vector<std::string> kept;
    for (std::size_t begin = 0; begin <= whole.size();) {
        const std::size_t end = std::min(whole.find('/', begin), whole.size());
        const std::string step = whole.substr(begin, end - begin);
        if (step == ".." && !kept.empty()) {
            kept.pop_back();
        } else if (!step.empty() && step != "." && step != "..") {
            kept.push_back(step);
        }
        begin = end + 1;
    }
    std::string resolved;
    for (const std::string& step : kept) {
        resolved += (resolved.empty() ? "" : "/") + step;
    }
    return resolved;
}

}  // namespace rag::formats
