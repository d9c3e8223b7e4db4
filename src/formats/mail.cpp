#include "formats/mail.hpp"

#include "base/ascii.hpp"
#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/mime.hpp"
#include "rag/error.hpp"
#include "text/html.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

constexpr std::size_t attachments_named_max = 100;

void render_message(const MimePart& message, int depth, MarkdownBuilder& out);

/// Collects what one message says, in the order of its parts.
class BodyReader final {
public:
    BodyReader(MarkdownBuilder& out, int depth) : out_(out), depth_(depth) {}

    void read(const MimePart& part) {
        const std::string& type = part.type().value;
        if (depth_ >= nesting_max) {
            return;
        }
        if (type.starts_with("multipart/")) {
            ++depth_;
            type == "multipart/alternative" ? read_alternative(part) : read_all(part);
            --depth_;
        } else if (part.is_attachment() || !is_text(type)) {
            note_attachment(part);
        } else if (type == "message/rfc822") {
            render_message(MimePart(keep(part.content())), depth_ + 1, out_);
        } else if (type == "text/html") {
            text::HtmlOptions options;
            options.content = text::PageContent::whole;
            out_.block(
                text::read_html(part.text(), "text/html; charset=utf-8", options).extracted.text);
        } else {
            out_.paragraph(part.text());
        }
    }

    void write_attachments() {
        std::string names;
        for (const std::string& name : attachments_) {
            names += (names.empty() ? "" : ", ") + name;
        }
        out_.paragraph(names.empty() ? "" : "Attachments: " + names);
    }

private:
    static bool is_text(const std::string& type) {
        return type == "text/plain" || type == "text/html" || type == "message/rfc822" ||
               type.empty();
    }

    /// Forms of one text; the plain one reads best.
    void read_alternative(const MimePart& part) {
        const std::vector<MimePart> forms = part.parts();
        for (const MimePart& form : forms) {
            if (form.type().value == "text/plain" && !is_blank(form.text())) {
                read(form);
                return;
            }
        }
        if (!forms.empty()) {
            // By RFC 2046, 5.1.4 the last one says most; a calendar entry says nothing to us.
            const auto best = std::find_if(forms.rbegin(), forms.rend(), [](const MimePart& form) {
                return form.type().value == "text/html" ||
                       form.type().value.starts_with("multipart/");
            });
            read(best == forms.rend() ? forms.back() : *best);
        }
    }

    void read_all(const MimePart& part) {
        for (const MimePart& inner : part.parts()) {
            read(inner);
        }
    }

    void note_attachment(const MimePart& part) {
        const std::string name = part.name();
        if (!name.empty() && attachments_.size() < attachments_named_max) {
            attachments_.push_back(name);
        }
    }

    std::string_view keep(std::string content) {
        kept_ = std::move(content);
        return kept_;
    }

    MarkdownBuilder& out_;
    int depth_;
    std::string kept_;
    std::vector<std::string> attachments_;
};

void render_message(const MimePart& message, int depth, MarkdownBuilder& out) {
    const std::string subject = header_text(message.header("subject"));
    out.heading(depth == 0 ? 1 : 2, subject.empty() ? "Message without subject" : subject);
    std::string head;
    for (const char* name : {"From", "To", "Cc", "Date"}) {
        const std::string value = header_text(message.header(ascii_lower(std::string_view(name))));
        head += value.empty() ? "" : std::string(name) + ": " + value + '\n';
    }
    out.paragraph(head);
    BodyReader body(out, depth);
    body.read(message);
    body.write_attachments();
}

bool begins_message(std::string_view line) {
    // "From someone@example.com Thu Jan  1 00:00:00 1970": what a writer quotes begins with ">".
    return line.starts_with("From ") && line.find(':') != std::string_view::npos;
}

/// Where messages begin, after their "From " lines, and where they end.
std::vector<std::string_view> split_mailbox(std::string_view bytes) {
    std::vector<std::string_view> messages;
    std::size_t begin = std::string_view::npos;
    bool after_gap = true;
    for (std::size_t offset = 0; offset < bytes.size();) {
        const std::size_t newline = std::min(bytes.find('\n', offset), bytes.size());
        const std::string_view line = bytes.substr(offset, newline - offset);
        const std::size_t next = std::min(newline + 1, bytes.size());
        if (after_gap && begins_message(line)) {
            if (begin != std::string_view::npos) {
                messages.push_back(bytes.substr(begin, offset - begin));
            }
            begin = next;
        }
        after_gap = line.empty() || line == "\r";
        offset = next;
    }
    if (begin != std::string_view::npos) {
        messages.push_back(bytes.substr(begin));
    }
    return messages;
}

/// Lines that would have looked like the beginning of a message carry a mark.
std::string without_quoted_from(std::string_view message) {
    std::string out;
    out.reserve(message.size());
    for (std::size_t offset = 0; offset < message.size();) {
        const std::size_t end = std::min(message.find('\n', offset), message.size() - 1) + 1;
        const std::string_view line = message.substr(offset, end - offset);
        const std::size_t marks = std::min(line.find_first_not_of('>'), line.size());
        out += marks > 0 && line.substr(marks).starts_with("From ") ? line.substr(1) : line;
        offset = end;
    }
    return out;
}

int number_of(std::string_view text, int otherwise) {
    int value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!(text = trim(text)).empty() && words.size() < 8) {
        const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

}  // namespace

std::string iso_time_of_mail(std::string_view date) {
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::size_t comma = date.find(',');
    const auto words = words_of(comma == std::string_view::npos ? date : date.substr(comma + 1));
    if (words.size() < 4 || words[3].size() < 5) {
        return {};
    }
    const auto* const month = std::find(months.begin(), months.end(), words[1]);
    const int day = number_of(words[0], 0);
    const int year = number_of(words[2], 0);
    const std::chrono::year_month_day whole{
        std::chrono::year(year),
        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(day))};
    if (month == months.end() || year < 1900 || year > 9999 || day < 1 || !whole.ok()) {
        return {};
    }
    const int hour = number_of(words[3].substr(0, 2), 0);
    const int minute = number_of(words[3].substr(3, 2), 0);
    const int second = words[3].size() >= 8 ? number_of(words[3].substr(6, 2), 0) : 0;
    int offset = 0;
    if (words.size() > 4 && words[4].size() == 5 && (words[4][0] == '+' || words[4][0] == '-')) {
        const int zone = number_of(words[4].substr(1), 0);
        offset = (zone / 100 * 60 + zone % 100) * (words[4][0] == '-' ? -1 : 1);
    }
    const auto time = std::chrono::sys_days(whole) + std::chrono::hours(hour) +
                      std::chrono::minutes(minute - offset) + std::chrono::seconds(second);
    return to_iso8601(std::chrono::time_point_cast<Timestamp::duration>(time));
}

ReadDocument read_mail(std::string_view bytes) {
    const MimePart message(bytes);
    if (message.header("from").empty() && message.header("date").empty() &&
        message.header("subject").empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "The file is no mail: it names no sender, date or subject. Give it the "
                    "extension .txt to take it in as text.");
    }
    ReadDocument document;
    document.title = header_text(message.header("subject"));
    for (const auto& [name, key] : {std::pair("from", "author"), std::pair("to", "to"),
                                    std::pair("cc", "cc"), std::pair("message-id", "message_id")}) {
        if (std::string value = header_text(message.header(name)); !value.empty()) {
            document.metadata[key] = std::move(value);
        }
    }
    if (std::string sent = iso_time_of_mail(message.header("date")); !sent.empty()) {
        document.metadata["created_at"] = std::move(sent);
    }
    MarkdownBuilder out;
    render_message(message, 0, out);
    document.markdown = out.take();
    return document;
}

ReadDocument read_mailbox(std::string_view bytes) {
    const std::vector<std::string_view> messages = split_mailbox(bytes);
    if (messages.empty()) {
        throw Error(ErrorCode::invalid_argument,
                    "The file is no mailbox: it holds no message that begins with a line \"From "
                    "\". Give it the extension .txt to take it in as text.");
    }
    if (messages.size() > messages_max) {
        throw Error(ErrorCode::invalid_argument,
                    "The mailbox holds " + std::to_string(messages.size()) + " messages; at most " +
                        std::to_string(messages_max) + " are read. Split it into several files.");
    }
    ReadDocument document;
    MarkdownBuilder out;
    for (const std::string_view message : messages) {
        const std::string whole = without_quoted_from(message);
        render_message(MimePart(whole), 0, out);
    }
    document.metadata["message_count"] = messages.size();
    document.markdown = out.take();
    return document;
}

}  // namespace rag::formats
