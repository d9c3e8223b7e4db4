#include "browser/proxy_request.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace rag::browser {
namespace {

constexpr std::string_view line_end = "\r\n";
/// What some readers end a line with, or a text.
constexpr std::string_view line_breakers{"\r\n\0", 3};
/// Where the status stands in "HTTP/1.1 200".
constexpr std::size_t status_at = 9;
constexpr std::size_t status_digits = 3;
constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";  // RFC 9110, 5.6.2

struct Line {
    std::string_view name;
    std::string_view value;
};

/// What is between two neighbours on the way (RFC 9110, 7.6.1), and what a proxy writes itself.
constexpr std::array<std::string_view, 8> hop_headers{"connection",
                                                      "keep-alive",
                                                      "proxy-authenticate",
                                                      "proxy-authorization",
                                                      "proxy-connection",
                                                      "te",
                                                      "trailer",
                                                      "upgrade"};

Error refusal(const char* what) {
    return {ErrorCode::invalid_argument, std::string("The browser sent ") + what + '.'};
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               token_marks.find(c) != std::string_view::npos;
    });
}

bool is_hop_header(const std::string& name) {
    return std::find(hop_headers.begin(), hop_headers.end(), name) != hop_headers.end();
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find(line_end);
    if (end == std::string_view::npos) {
        throw refusal("a line without its end");
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + line_end.size());
    return line;
}

/// Null for a line that is folded or is no header.
std::optional<Line> read_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
        line.find_first_of(line_breakers) != std::string_view::npos) {
        return std::nullopt;
    }
    return Line{line.substr(0, colon), trim(line.substr(colon + 1))};
}

/// Until the blank line.
std::vector<Line> read_headers(std::string_view text) {
    std::vector<Line> lines;
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
        const auto header = read_header(line);
        if (!header) {
            throw refusal("a header that cannot be read");
        }
        lines.push_back(*header);
    }
    return lines;
}

Url read_tunnel_target(std::string_view target) {
    const std::size_t colon = target.rfind(':');
    const auto url = parse_url("https://" + std::string(target) + '/');
    if (!url || colon == std::string_view::npos || colon + 1 == target.size() ||
        target.find_first_of("/?#@") != std::string_view::npos || target.ends_with(']')) {
        throw refusal("a tunnel's target that is no host with its port");
    }
    return *url;
}

/// Path and query exactly as the browser wrote them: servers sign them, byte by byte.
std::string origin_form(std::string_view target) {
    target.remove_prefix(target.find("://") + 3);
    const std::size_t end = target.find_first_of("/?");
    if (end == std::string_view::npos) {
        return "/";
    }
    const std::string path(target.substr(end));
    return path.front() == '?' ? '/' + path : path;
}

std::int64_t read_length(const std::vector<Line>& lines) {
    std::optional<std::int64_t> length;
    for (const Line& line : lines) {
        const std::string name = ascii_lower(line.name);
        if (name == "transfer-encoding") {
            throw refusal("a body without its length");
        }
        if (name != "content-length") {
            continue;
        }
        std::int64_t value = 0;
        const char* end = line.value.data() + line.value.size();
        const auto [stop, error] = std::from_chars(line.value.data(), end, value);
        if (length || error != std::errc{} || stop != end || value < 0) {
            throw refusal("a body's length that cannot be read");
        }
        length = value;
    }
    return length.value_or(0);
}

/// "HTTP/1.1 200", but not 101, after which no HTTP would come.
bool is_status_line(std::string_view line) {
    const std::string_view status = line.substr(std::min(line.size(), status_at), status_digits);
    return (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) &&
           status.size() == status_digits && status != "101" &&
           status.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Without a phrase in which a browser might see a further line.
std::string_view read_status_line(std::string_view line) {
    const bool plain = line.find_first_of(line_breakers) == std::string_view::npos;
    return plain ? line : line.substr(0, status_at + status_digits);
}

void append_header(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append(line_end);
}

}  // namespace

ProxyRequest read_proxy_request(std::string_view head) {
    std::string_view rest = head;
    const std::string_view first = take_line(rest);
    const std::size_t space = first.find(' ');
    const std::size_t last = first.rfind(' ');
    if (space == std::string_view::npos || last == space || !is_token(first.substr(0, space)) ||
        first.substr(last + 1) != "HTTP/1.1") {
        throw refusal("a line that is no request");
    }
    const std::string_view method = first.substr(0, space);
    const std::string_view target = first.substr(space + 1, last - space - 1);
    if (std::any_of(target.begin(), target.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; })) {
        throw refusal("a target with spaces in it");
    }
    const std::vector<Line> lines = read_headers(rest);
    ProxyRequest request;
    if (method == "CONNECT") {
        request.is_tunnel = true;
        request.url = read_tunnel_target(target);
        return request;
    }
    const auto url = parse_url(target);
    if (!url || url->scheme != "http") {
        throw refusal("a target that is no http address");
    }
    request.url = *url;
    request.body_bytes = read_length(lines);
    request.head.append(method).append(" ").append(origin_form(target)).append(" HTTP/1.1\r\n");
    append_header(request.head, "Host", url->authority());
    for (const Line& line : lines) {
        const std::string name = ascii_lower(line.name);
        if (name != "host" && !is_hop_header(name)) {
            append_header(request.head, line.name, line.value);
        }
    }
    append_header(request.head, "Connection", "close");
    request.head.append(line_end);
    return request;
}

AnswerHead rewrite_answer(std::string_view head) {
    std::string_view rest = head;
    if (!head.ends_with("\r\n\r\n") || !is_status_line(head)) {
        throw Error(ErrorCode::unavailable, "The server's answer is no HTTP.");
    }
    AnswerHead answer;
    answer.is_interim = head[status_at] == '1';
    answer.head.append(read_status_line(take_line(rest))).append(line_end);
    for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
        // What a server writes wrongly is left out; a browser would make its own sense of it.
        const auto header = read_header(line);
        if (header && !is_hop_header(ascii_lower(header->name))) {
            append_header(answer.head, header->name, header->value);
        }
    }
    if (!answer.is_interim) {
        append_header(answer.head, "Connection", "close");
    }
    answer.head.append(line_end);
    return answer;
}

}  // namespace rag::browser
