#include "memory/export_part.hpp"

#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/dump.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace rag::memory {
namespace {

/// How far an export has come. Between two parts it travels as text: four numbers with dashes.
struct Position {
    std::int64_t given = 0;   ///< Documents given whole.
    DocumentId document = 0;  ///< The last one given, or the one that was cut.
    std::uint64_t offset =
        0;                   ///< Bytes of the cut document's line that were given; 0: none is cut.
    std::uint64_t line = 0;  ///< hash64 of that line.
};

std::string write_cursor(const Position& position) {
    return fmt::format("{}-{}-{}-{}", position.given, position.document, position.offset,
                       position.line);
}

template <class Number>
bool read_number(std::string_view& rest, Number& number) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return error == std::errc{};
}

bool skip_dash(std::string_view& rest) {
    if (!rest.starts_with('-')) {
        return false;
    }
    rest.remove_prefix(1);
    return true;
}

Position read_cursor(std::string_view cursor) {
    Position position;
    std::string_view rest = cursor;
    const bool legible = read_number(rest, position.given) && skip_dash(rest) &&
                         read_number(rest, position.document) && skip_dash(rest) &&
                         read_number(rest, position.offset) && skip_dash(rest) &&
                         read_number(rest, position.line) && rest.empty();
    if (!legible || position.given < 0 || position.document < 0) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`cursor` must be the next_cursor of an earlier part, but is "
                                "'{}'; leave it out to begin.",
                                first_code_points(cursor, 80)));
    }
    return position;
}

/// Fills one part. Used for one Transfer::read.
class PartWriter {
public:
    PartWriter(const ExportCollection& request, std::string collection)
        : room_(request.max_chars), at_beginning_(!request.cursor) {
        part_.collection = std::move(collection);
        if (request.cursor) {
            position_ = read_cursor(*request.cursor);
        }
    }

    /// The document before the first one that is wanted.
    DocumentId after() const {
        return position_.offset > 0 ? position_.document - 1 : position_.document;
    }

    void begin(const DumpHeader& header) {
        if (at_beginning_) {
            add_whole(write_dump_line(header));
        }
    }

    void add(const MovedCollection& collection) {
        if (at_beginning_) {
            add_whole(write_dump_line(collection));
        }
    }

    /// Whether there is room for more.
    bool add(DocumentId id, const MovedDocument& document) {
        const std::string line = write_dump_line(document) + '\n';
        const std::uint64_t hash = hash64(line);
        if (position_.offset > 0 && (id != position_.document || hash != position_.line)) {
            throw_changed();
        }
        const std::string_view rest = std::string_view(line).substr(position_.offset);
        const std::string_view fitting = first_code_points(rest, std::max<std::int64_t>(room_, 0));
        part_.text += fitting;
        room_ -= count_code_points(fitting);
        if (fitting.size() < rest.size()) {
            cut_ = true;
            if (position_.offset + fitting.size() > 0) {
                position_ = {position_.given, id, position_.offset + fitting.size(), hash};
            }
            return false;
        }
        position_ = {position_.given + 1, id, 0, 0};
        return true;
    }

    ExportedPart finish() {
        if (cut_) {
            part_.next_cursor = write_cursor(position_);
        } else if (position_.offset > 0) {
            throw_changed();
        } else {
            add_whole(write_dump_line(DumpEnd{1, position_.given}));
        }
        return std::move(part_);
    }

private:
    void add_whole(const std::string& line) {
        part_.text += line;
        part_.text += '\n';
        room_ -= count_code_points(line) + 1;
    }

    [[noreturn]] void throw_changed() const {
        throw Error(ErrorCode::conflict,
                    fmt::format("Document {} changed while it was being exported; begin again "
                                "without a cursor.",
                                position_.document));
    }

    ExportedPart part_;
    Position position_;
    std::int64_t room_;
    bool at_beginning_;
    bool cut_ = false;
};

}  // namespace

ExportedPart read_export_part(const CallContext& context, Store& store, Transfer& transfer,
                              const ExportCollection& request) {
    if (request.max_chars < 1) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`max_chars` must be 1 or more, but is {}.", request.max_chars));
    }
    const Collection collection = require_collection(context, store, request.name);
    PartWriter part(request, collection.name);
    TransferSink sink;
    sink.begin = [&](std::int64_t collections, std::int64_t documents) {
        part.begin({collections, documents, request.vectors});
    };
    sink.collection = [&](const MovedCollection& moved) { part.add(moved); };
    sink.document = [&](DocumentId id, const MovedDocument& document) {
        return part.add(id, document);
    };
    transfer.read(context, {collection.name, request.vectors, part.after()}, sink);
    return part.finish();
}

}  // namespace rag::memory
