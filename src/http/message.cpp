#include "http/message.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace rag::http {
namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "Status";
    }
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

std::optional<std::string> decode_path(std::string_view path) {
    std::string decoded;
    decoded.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
            const int low = i + 2 < path.size() ? hex_value(path[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            return std::nullopt;
        }
        decoded += c;
    }
    return decoded;
}

/// RFC 9110, section 5.6.7, made once a second.
const std::string& date_line() {
    thread_local std::time_t made_at = 0;
    thread_local std::string line;
    const std::time_t now = std::time(nullptr);
    if (now != made_at) {
        constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm parts{};
        gmtime_r(&now, &parts);
        line = fmt::format("Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                           days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                           months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                           parts.tm_hour, parts.tm_min, parts.tm_sec);
        made_at = now;
    }
    return line;
}

void append_clean(std::string& text, std::string_view piece) {
    for (const char c : piece) {
        if (c != '\r' && c != '\n' && c != '\0') {
            text += c;
        }
    }
}

bool is_ours(std::string_view name) {
    constexpr std::array<std::string_view, 3> ours{"connection", "content-length",
                                                   "transfer-encoding"};
    return std::any_of(ours.begin(), ours.end(), [&](std::string_view own) {
        return own.size() == name.size() &&
               std::equal(own.begin(), own.end(), name.begin(), [](char a, char b) {
                   return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
               });
    });
}

}  // namespace

Response make_text_response(int status, std::string_view content_type, std::string body) {
    Response response;
    response.status = status;
    response.headers = {{"Content-Type", std::string(content_type)}};
    response.body = std::move(body);
    return response;
}

Response make_json_response(int status, std::string json) {
    return make_text_response(status, "application/json", std::move(json));
}

Response make_error_response(int status, std::string_view sentence) {
    return make_json_response(status, dump_json(Json{{"error", sentence}}));
}

std::optional<Target> parse_target(std::string_view target) {
    if (target.empty() || target.front() != '/') {
        return std::nullopt;
    }
    const std::size_t question = target.find('?');
    std::optional<std::string> path = decode_path(target.substr(0, question));
    if (!path) {
        return std::nullopt;
    }
    while (path->size() > 1 && path->back() == '/') {
        path->pop_back();
    }
    Target parsed;
    parsed.path = std::move(*path);
    if (question != std::string_view::npos) {
        parsed.query = std::string(target.substr(question + 1));
    }
    return parsed;
}

std::string write_head(int status, const HttpHeaders& headers, const HeadOptions& options) {
    std::string head;
    head.reserve(512);
    fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", status, reason_of(status));
    head += date_line();
    for (const auto& [name, value] : headers) {
        if (is_ours(name)) {
            continue;
        }
        append_clean(head, name);
        head += ": ";
        append_clean(head, value);
        head += "\r\n";
    }
    switch (options.framing) {
        case Framing::length:
            fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", options.body_bytes);
            break;
        case Framing::chunked: head += "Transfer-Encoding: chunked\r\n"; break;
        case Framing::until_close:
        case Framing::none: break;
    }
    if (options.persistence == Persistence::close) {
        head += "Connection: close\r\n";
    } else if (options.persistence == Persistence::keep_alive_said) {
        head += "Connection: keep-alive\r\n";
    }
    return head += "\r\n";
}

std::string write_chunk(std::string_view bytes) {
    return bytes.empty() ? std::string() : fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace rag::http
