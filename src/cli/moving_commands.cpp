#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "memory/moving.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace rag::cli {
namespace {

constexpr std::size_t block_bytes = std::size_t{64} * 1024;
constexpr const char* standard_stream = "-";

struct CloseFile {
    void operator()(std::FILE* file) const {
        if (file != stdin && file != stdout) {
            std::fclose(file);
        }
    }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void throw_io(const std::string& what, const std::string& path) {
    throw Error(ErrorCode::unavailable,
                fmt::format("'{}' cannot be {} ({}).", path, what, std::strerror(errno)));
}

/// Lines of a file, each at most memory::dump_line_bytes_max long.
class LineSource {
public:
    explicit LineSource(const std::string& path)
        : path_(path), file_(path == standard_stream ? stdin : std::fopen(path.c_str(), "rb")) {
        if (!file_) {
            throw_io("read", path);
        }
    }

    bool next(std::string& line) {
        line.clear();
        for (;;) {
            const std::string_view rest(block_.data() + begin_, end_ - begin_);
            const std::size_t newline = rest.find('\n');
            line.append(rest.substr(0, newline));
            if (newline != std::string_view::npos) {
                begin_ += newline + 1;
                return true;
            }
            if (line.size() > memory::dump_line_bytes_max) {
                throw Error(ErrorCode::invalid_argument,
                            "'" + path_ + "' holds a line that is too long for an export.");
            }
            begin_ = 0;
            end_ = std::fread(block_.data(), 1, block_.size(), file_.get());
            if (end_ == 0) {
                if (std::ferror(file_.get()) != 0) {
                    throw_io("read", path_);
                }
                return !line.empty();
            }
        }
    }

private:
    const std::string path_;
    File file_;
    std::array<char, block_bytes> block_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// A file that has its name only when it is whole.
class LineTarget {
public:
    explicit LineTarget(const std::string& path)
        : path_(path),
          partial_(path == standard_stream ? "" : path + ".partial"),
          file_(partial_.empty() ? stdout : std::fopen(partial_.c_str(), "wb")) {
        if (!file_) {
            throw_io("written", path);
        }
    }
    ~LineTarget() {
        if (!done_ && !partial_.empty()) {
            std::error_code ignored;
            std::filesystem::remove(partial_, ignored);
        }
    }
    LineTarget(const LineTarget&) = delete;
    LineTarget& operator=(const LineTarget&) = delete;

    void write(const std::string& line) {
        if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() ||
            std::fputc('\n', file_.get()) == EOF) {
            throw_io("written", path_);
        }
    }

    void finish() {
        if (std::fflush(file_.get()) != 0 ||
            (!partial_.empty() && fsync(fileno(file_.get())) != 0)) {
            throw_io("written", path_);
        }
        if (!partial_.empty()) {
            file_.reset();
            std::filesystem::rename(partial_, path_);
        }
        done_ = true;
    }

private:
    const std::string path_;
    const std::string partial_;  ///< Empty for standard output.
    File file_;
    bool done_ = false;
};

struct ExportOptions {
    std::string path;
    std::string collection;
    bool without_vectors = false;
};

void run_export(Session& session, const ExportOptions& options) {
    TransferScope scope;
    scope.vectors = !options.without_vectors;
    if (!options.collection.empty()) {
        scope.collection = options.collection;
    }
    Transfer& store = session.application().transfer();
    LineTarget target(options.path);
    const memory::ExportReport report = memory::export_lines(
        session.context(), store, scope, [&](const std::string& line) { target.write(line); });
    target.finish();
    if (options.path != standard_stream) {
        session.print(Json{{"path", options.path},
                           {"collections", report.collections},
                           {"documents", report.documents}},
                      [&](const Json&) {
                          return fmt::format("{} collections and {} documents are in '{}'.\n",
                                             report.collections, report.documents, options.path);
                      });
    }
}

Json import_form(const memory::ImportReport& report) {
    return {{"collections_added", report.collections_added},
            {"documents_added", report.documents_added},
            {"documents_known", report.documents_known},
            {"documents_differing", report.documents_differing},
            {"chunks_embedded", report.chunks_embedded},
            {"chunks_without_vectors", report.chunks_without_vectors}};
}

std::string describe_import(const memory::ImportReport& report) {
    std::string text =
        fmt::format("{} collections and {} documents added; {} documents were there already.\n",
                    report.collections_added, report.documents_added, report.documents_known);
    if (report.documents_differing > 0) {
        text += fmt::format("{} documents are there with other content, which stays.\n",
                            report.documents_differing);
    }
    if (report.chunks_embedded > 0) {
        text += fmt::format("{} passages came without vectors and were embedded.\n",
                            report.chunks_embedded);
    }
    if (report.chunks_without_vectors > 0) {
        text += fmt::format(
            "{} passages have no vectors: another model than the configured one is theirs. They "
            "are found by words; move their collection with `rag reindex`.\n",
            report.chunks_without_vectors);
    }
    return text;
}

}  // namespace

void add_moving_commands(Command root, Session& session) {
    Command leave = root.add_subcommand(
        "export", "Write collections, documents, versions and vectors to a file of JSON lines");
    auto options = std::make_shared<ExportOptions>();
    leave.add_option("path", options->path, "The file; - for standard output").required();
    leave.add_option("-c,--collection", options->collection, "Only this collection");
    leave.add_flag("--without-vectors", options->without_vectors,
                   "Leave the vectors out; an import makes them anew");
    leave.callback([&session, options] { run_export(session, *options); });

    Command enter = root.add_subcommand("import", "Take in what `rag export` wrote");
    auto path = std::make_shared<std::string>();
    enter.add_option("path", *path, "The file; - for standard input").required();
    enter.callback([&session, path] {
        Application& application = session.application();
        Transfer& store = application.transfer();
        LineSource source(*path);
        const memory::ImportReport report =
            memory::import_lines(session.context(), store, application.embedder(),
                                 [&](std::string& line) { return source.next(line); });
        session.print(import_form(report), [&](const Json&) { return describe_import(report); });
    });
}

}  // namespace rag::cli
