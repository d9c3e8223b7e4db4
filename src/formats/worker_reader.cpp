#include "formats/worker_reader.hpp"

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "formats/child_process.hpp"
#include "formats/worker.hpp"
#include "rag/error.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace rag::formats {
namespace {

/// Beside the Markdown and its head there is nothing to say.
constexpr std::size_t answer_bytes_max = text_bytes_max + 2 * metadata_bytes_max;

[[noreturn]] void refuse(const std::string& sentence) {
    throw Error(ErrorCode::invalid_argument, sentence);
}

std::string unread(DocumentType type) {
    return "The " + std::string(to_string(type)) + " document could not be read: ";
}

[[noreturn]] void refuse_end(const ChildResult& result, DocumentType type) {
    constexpr const char* way_out = " Save it anew, split it, or convert it to text first.";
    if (result.end == ChildEnd::out_of_time ||
        (result.end == ChildEnd::killed && result.status == SIGXCPU)) {
        refuse(unread(type) + "it takes longer than " + std::to_string(worker_time_max.count()) +
               " s." + way_out);
    }
    if (result.end == ChildEnd::too_much_output) {
        refuse(unread(type) + "it holds more text than is stored of one document." + way_out);
    }
    // The words are the library's; they are for the operator.
    log::warn("the reader of a {} document ended with {} {}: {}", to_string(type),
              result.end == ChildEnd::killed ? "signal" : "status", result.status, result.errors);
    refuse(unread(type) + "it is damaged in a way that stops its reader." + way_out);
}

ReadDocument parse_answer(const std::string& output, DocumentType type) {
    const std::size_t head_end = output.find('\n');
    if (head_end == std::string::npos) {
        refuse(unread(type) + "its reader ended early. Try again later.");
    }
    Json head;
    try {
        head = parse_json(std::string_view(output).substr(0, head_end));
    } catch (const Error&) {
        refuse(unread(type) + "its reader gave no sense. Try again later.");
    }
    if (const auto error = head.find("error"); error != head.end() && error->is_string()) {
        refuse(error->get<std::string>());
    }
    ReadDocument document;
    document.title = head.value("title", "");
    document.metadata = head.value("metadata", Metadata::object());
    document.markdown = output.substr(head_end + 1);
    if (!is_utf8(document.markdown)) {
        document.markdown = replace_invalid_utf8(document.markdown);
    }
    return document;
}

}  // namespace

/// One of the places; waits for it, and gives it back.
class WorkerReader::Turn final {
public:
    Turn(WorkerReader& reader, const CallContext& context) : reader_(reader) {
        std::unique_lock lock(reader_.mutex_);
        const auto is_free = [&] { return reader_.running_ < reader_.options_.at_once_max; };
        while (!reader_.freed_.wait_for(lock, context.stop,
                                        context.time_left(std::chrono::seconds(1)), is_free)) {
            context.check();
        }
        ++reader_.running_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        {
            const std::scoped_lock lock(reader_.mutex_);
            --reader_.running_;
        }
        reader_.freed_.notify_one();
    }

private:
    WorkerReader& reader_;
};

ReadDocument WorkerReader::read(const CallContext& context, DocumentType type,
                                std::string_view bytes) {
    const Turn turn(*this, context);
    ChildOptions options;
    options.program = options_.program;
    options.arguments = {std::string(worker_command), std::string(to_string(type))};
    options.output_bytes_max = answer_bytes_max;
    options.time_max = options_.time_max;
    options.input = open_in_memory(bytes);
    ChildResult result;
    try {
        result = run_child(context, options);
    } catch (...) {
        close(options.input);
        throw;
    }
    close(options.input);
    if (result.end != ChildEnd::exited || result.status != 0) {
        refuse_end(result, type);
    }
    return parse_answer(result.output, type);
}

}  // namespace rag::formats
