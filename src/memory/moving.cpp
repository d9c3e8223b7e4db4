#include "memory/moving.hpp"

#include "rag/error.hpp"
#include "text/chunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace rag::memory {
namespace {

constexpr std::size_t chunks_embedded_at_once = 64;

class Import {
public:
    Import(const CallContext& context, Transfer& store, Embedder& embedder)
        : context_(context), store_(store), embedder_(embedder) {}

    void take(const std::string& line) {
        ++number_;
        DumpLine parsed = parse(line);
        if (end_) {
            refuse("it stands behind the last line of the export.");
        }
        if ((number_ == 1) != std::holds_alternative<DumpHeader>(parsed)) {
            refuse(number_ == 1 ? "an export begins with its header." : "it is a second header.");
        }
        std::visit([&](auto& value) { take_value(value); }, parsed);
    }

    ImportReport finish() {
        if (number_ == 0) {
            throw Error(ErrorCode::invalid_argument, "There is no export: the input is empty.");
        }
        if (!end_) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("The export ends after line {} without its last line: it was "
                                    "cut off. What it held until there is stored.",
                                    number_));
        }
        return report_;
    }

private:
    DumpLine parse(const std::string& line) {
        try {
            return parser_.parse(line);
        } catch (const Error& error) {
            refuse(error.message());
        }
    }

    [[noreturn]] void refuse(const std::string& sentence) const {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Line {} of the export is damaged: {} What stands before it is "
                                "stored.",
                                number_, sentence));
    }

    void take_value(const DumpHeader& header) { expected_ = header; }

    void take_value(const MovedCollection& collection) {
        ++collections_;
        spaces_[collection.name] = collection.space;
        report_.collections_added += store_.put(context_, collection) == Arrival::added ? 1 : 0;
    }

    void take_value(MovedDocument& document) {
        for (const MovedMembership& membership : document.memberships) {
            if (!spaces_.contains(membership.collection)) {
                refuse(fmt::format("its collection '{}' is not in the export.",
                                   membership.collection));
            }
        }
        complete(document);
        switch (store_.put(context_, document)) {
            case Arrival::added: ++report_.documents_added; break;
            case Arrival::known: ++report_.documents_known; break;
            case Arrival::differing: ++report_.documents_differing; break;
        }
        ++documents_;
        context_.report({static_cast<double>(documents_), static_cast<double>(expected_.documents),
                         "Importing"});
    }

    void take_value(const DumpEnd& end) {
        if (end.collections != collections_ || end.documents != documents_) {
            refuse(fmt::format("it tells of {} collections and {} documents, and {} and {} came.",
                               end.collections, end.documents, collections_, documents_));
        }
        end_ = true;
    }

    /// Gives the chunks without vectors those of the configured model, if that is the collection's.
    void complete(MovedDocument& document) {
        const EmbeddingSpace& space = spaces_.at(document.memberships.at(0).collection);
        std::vector<MovedChunk*> bare;
        for (MovedChunk& chunk : document.chunks) {
            if (chunk.vectors.empty()) {
                bare.push_back(&chunk);
            }
        }
        if (space != embedder_.space()) {
            report_.chunks_without_vectors += static_cast<std::int64_t>(bare.size());
            return;
        }
        report_.chunks_embedded += static_cast<std::int64_t>(bare.size());
        for (std::size_t begin = 0; begin < bare.size(); begin += chunks_embedded_at_once) {
            const std::size_t end = std::min(begin + chunks_embedded_at_once, bare.size());
            std::vector<std::string> texts;
            for (std::size_t i = begin; i < end; ++i) {
                texts.push_back(
                    text::indexed_text(document.filename, bare[i]->heading_path, bare[i]->content));
            }
            std::vector<Vector> vectors = embedder_.embed_passages(context_, texts);
            for (std::size_t i = begin; i < end; ++i) {
                bare[i]->vectors.push_back({space, std::move(vectors.at(i - begin))});
            }
        }
    }

    const CallContext& context_;
    Transfer& store_;
    Embedder& embedder_;
    DumpParser parser_;
    DumpHeader expected_;
    std::map<std::string, EmbeddingSpace> spaces_;
    std::int64_t number_ = 0;
    std::int64_t collections_ = 0;
    std::int64_t documents_ = 0;
    bool end_ = false;
    ImportReport report_;
};

}  // namespace

ExportReport export_lines(const CallContext& context, Transfer& store, const TransferScope& scope,
                          const WriteLine& write) {
    ExportReport report;
    double total = 0;
    TransferSink sink;
    sink.begin = [&](std::int64_t collections, std::int64_t documents) {
        total = static_cast<double>(documents);
        write(write_dump_line(DumpHeader{collections, documents, scope.vectors}));
    };
    sink.collection = [&](const MovedCollection& collection) {
        ++report.collections;
        write(write_dump_line(collection));
    };
    sink.document = [&](DocumentId, const MovedDocument& document) {
        ++report.documents;
        write(write_dump_line(document));
        context.report({static_cast<double>(report.documents), total, "Exporting"});
        return true;
    };
    store.read(context, scope, sink);
    write(write_dump_line(DumpEnd{report.collections, report.documents}));
    return report;
}

ImportReport import_lines(const CallContext& context, Transfer& store, Embedder& embedder,
                          const ReadLine& read) {
    Import import(context, store, embedder);
    std::string line;
    while (read(line)) {
        context.check();
        import.take(line);
    }
    return import.finish();
}

}  // namespace rag::memory
