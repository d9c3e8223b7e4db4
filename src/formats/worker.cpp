#include "formats/worker.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "formats/in_process.hpp"
#include "formats/limits.hpp"
#include "formats/pdf.hpp"
#include "rag/error.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <new>

namespace rag::formats {
namespace {

constexpr int exit_done = 0;
constexpr int exit_usage = 2;
/// Standard input, output and errors.
constexpr rlim_t files_min = 3;
/// With what pdftotext and its libraries open beside them.
constexpr rlim_t files_of_pdf = 64;

// A sanitizer reserves far more addresses than it uses, and opens files of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool bounds_tightly = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool bounds_tightly = false;
#else
constexpr bool bounds_tightly = true;
#endif
#else
constexpr bool bounds_tightly = true;
#endif

bool limit(__rlimit_resource what, rlim_t most) {
    const rlimit bound{most, most};
    return setrlimit(what, &bound) == 0;
}

/// Where memory runs short, the kernel takes this process and not the server.
void offer_to_be_taken() {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        [[maybe_unused]] const ssize_t written = write(file, "1000", 4);
        close(file);
    }
}

bool restrict_process(DocumentType type) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    offer_to_be_taken();
    const auto cpu = static_cast<rlim_t>(worker_cpu_time_max.count());
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CPU, cpu) &&
           (!bounds_tightly || limit(RLIMIT_AS, worker_memory_bytes_max)) &&
           limit(RLIMIT_NOFILE,
                 type == DocumentType::pdf || !bounds_tightly ? files_of_pdf : files_min);
}

std::string read_input() {
    std::string bytes;
    std::array<char, 64 * 1024> buffer{};
    for (;;) {
        const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return bytes;
        }
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

ReadDocument read_input_document(DocumentType type) {
    return type == DocumentType::pdf ? read_pdf(STDIN_FILENO) : read_in_process(type, read_input());
}

void write_output(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void answer_error(const std::string& sentence) {
    write_output(dump_json({{"error", sentence}}) + '\n');
}

void answer(const ReadDocument& document) {
    if (document.markdown.size() > text_bytes_max) {
        answer_error("The document holds more than " + std::to_string(text_bytes_max >> 20U) +
                     " MB of text. Split it into several files.");
        return;
    }
    std::string head =
        dump_json({{"title", document.title}, {"metadata", document.metadata}}) + '\n';
    if (head.size() > metadata_bytes_max) {
        head = dump_json({{"title", first_code_points(document.title, 1000)},
                          {"metadata", Json::object()}}) +
               '\n';
    }
    write_output(head);
    write_output(document.markdown);
}

}  // namespace

bool is_worker_call(int argc, const char* const* argv) {
    return argc > 1 && worker_command == argv[1];
}

int run_worker(int argc, const char* const* argv) {
    const auto type =
        argc == 3 ? document_type_of_extension(argv[2]) : std::optional<DocumentType>();
    if (!type) {
        return exit_usage;
    }
    try {
        if (!restrict_process(*type)) {
            answer_error(
                "The document is not read, because the limits of its reader could not be "
                "set on this machine.");
            return exit_done;
        }
        answer(read_input_document(*type));
    } catch (const Error& error) {
        answer_error(error.message());
    } catch (const std::bad_alloc&) {
        answer_error("The document needs more than " +
                     std::to_string(worker_memory_bytes_max >> 20U) +
                     " MB of memory to be read. Split it, or save it as text first.");
    } catch (const std::exception&) {
        answer_error("The document is damaged: it could not be read.");
    }
    // Nothing is left to be done, and what a broken document has led a library to is not touched
    // again.
    _exit(exit_done);
}

}  // namespace rag::formats
