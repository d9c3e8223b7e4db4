#include "text/detect.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "text/decode.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace rag::text {
namespace {

struct Signature {
    std::size_t offset;
    std::string_view bytes;
    std::string_view media_type;
};

using std::string_view_literals::operator""sv;

constexpr std::string_view zip_type = "application/zip";
constexpr std::string_view pdf_type = "application/pdf";
constexpr std::string_view ole_type = "application/x-ole-storage";

constexpr Signature signatures[] = {
    {0, "\x89PNG\r\n"sv, "image/png"},
    {0, "\xFF\xD8\xFF"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},
    {8, "WAVE"sv, "audio/wav"},
    {8, "AVI "sv, "video/x-msvideo"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "\0\0\1\0"sv, "image/x-icon"},
    {0, "%PDF-"sv, pdf_type},
    {0, "PK\3\4"sv, zip_type},
    {0, "PK\5\6"sv, zip_type},
    {0, "\x1F\x8B"sv, "application/gzip"},
    {0, "BZh"sv, "application/x-bzip2"},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     "application/x-xz"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "application/x-7z-compressed"},
    {0, "\x28\xB5\x2F\xFD"sv, "application/zstd"},
    {0, "Rar!\x1A\x07"sv, "application/vnd.rar"},
    {0,
     "\x7F"
     "ELF"sv,
     "application/x-elf"},
    {0, "MZ\x90\0"sv, "application/vnd.microsoft.portable-executable"},
    {0, "\xCA\xFE\xBA\xBE"sv, "application/java-vm"},
    {0, "\xCF\xFA\xED\xFE"sv, "application/x-mach-binary"},
    {0, "\0asm"sv, "application/wasm"},
    {0, "SQLite format 3\0"sv, "application/vnd.sqlite3"},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, ole_type},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "OggS"sv, "application/ogg"},
    {0, "fLaC"sv, "audio/flac"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "\x1A\x45\xDF\xA3"sv, "video/x-matroska"},
    {0, "wOFF"sv, "font/woff"},
    {0, "wOF2"sv, "font/woff2"},
};

/// The extensions of a kind, between spaces.
constexpr std::string_view extensions_of(SourceKind kind) {
    switch (kind) {
        case SourceKind::html: return " html htm xhtml xht ";
        case SourceKind::markdown: return " md markdown mkd mkdn mdown mdx qmd rmd ";
        case SourceKind::code:
            return " asm awk bash bat bzl c cc clj cljs cmake coffee cpp cs css cu cxx d dart ex "
                   "exs "
                   "elm erl f90 fish fs go gradle graphql groovy h hcl hh hpp hrl hs hxx java jl "
                   "js "
                   "jsx kt kts less lisp lua m mjs ml mli mm nim nix pas php pl pm proto ps1 py "
                   "pyi "
                   "r rb rs s sass scala scm scss sh sol sql svelte swift tcl tf ts tsx v vala vb "
                   "vhd "
                   "vim vue zig zsh ";
        case SourceKind::data:
            return " cfg conf csv desktop env geojson ics ini json json5 jsonc jsonl lock "
                   "log "
                   "ndjson plist properties rss atom svg toml tsv xml xsd xsl xslt yaml yml ";
        case SourceKind::plain: return " adoc asciidoc bib org rst srt tex text txt vtt ";
        case SourceKind::document:
        case SourceKind::binary: return "";
    }
    return "";
}

std::optional<SourceKind> kind_of_extension(const std::string& extension) {
    if (extension.empty()) {
        return std::nullopt;
    }
    const std::string word = " " + extension + " ";
    for (const SourceKind kind : {SourceKind::html, SourceKind::markdown, SourceKind::code,
                                  SourceKind::data, SourceKind::plain}) {
        if (extensions_of(kind).find(word) != std::string_view::npos) {
            return kind;
        }
    }
    return std::nullopt;
}

std::string extension_of(std::string_view filename) {
    constexpr std::size_t extension_bytes_max = 16;
    const std::size_t slash = filename.find_last_of("/\\");
    const std::string_view name =
        slash == std::string_view::npos ? filename : filename.substr(slash + 1);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || name.size() - dot - 1 > extension_bytes_max) {
        return {};
    }
    const std::string extension = ascii_lower(name.substr(dot + 1));
    const bool legal = std::all_of(extension.begin(), extension.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
    });
    return legal ? extension : std::string();
}

std::string media_type_of(std::string_view content_type) {
    return ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
}

std::optional<SourceKind> kind_of_media_type(const std::string& type) {
    if (type == "text/html" || type == "application/xhtml+xml") {
        return SourceKind::html;
    }
    if (type == "text/markdown" || type == "text/x-markdown") {
        return SourceKind::markdown;
    }
    if (type.ends_with("/json") || type.ends_with("+json") || type.ends_with("/xml") ||
        type.ends_with("+xml") || type.ends_with("yaml") || type == "text/csv" ||
        type == "application/toml") {
        return SourceKind::data;
    }
    if (type.ends_with("javascript") || type == "text/css" || type.starts_with("text/x-")) {
        return SourceKind::code;
    }
    return std::nullopt;
}

std::string_view signature_of(std::string_view bytes) {
    for (const Signature& signature : signatures) {
        if (bytes.size() > signature.offset &&
            bytes.substr(signature.offset).starts_with(signature.bytes) &&
            // "RIFF" opens what is told apart by its ninth byte.
            (signature.offset != 8 || bytes.starts_with("RIFF"))) {
            return signature.media_type;
        }
    }
    return {};
}

/// Control characters tell: a few happen in text, more of them do not, and in bytes that are not
/// even UTF-8 hardly any do.
bool looks_binary(std::string_view bytes) {
    constexpr std::size_t sample_bytes = 64 * 1024;
    std::string_view sample = bytes.substr(0, sample_bytes);
    const auto controls =
        static_cast<std::size_t>(std::count_if(sample.begin(), sample.end(), [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return byte < 0x20 && !(byte >= 0x08 && byte <= 0x0D) && byte != 0x1B;
        }));
    if (controls == 0) {
        return false;
    }
    while (!sample.empty() && sample.size() < bytes.size() &&
           (static_cast<unsigned char>(sample.back()) & 0x80) != 0) {
        sample.remove_suffix(1);  // A character that the sample cuts.
    }
    return controls * (is_utf8(sample) ? 10 : 100) > sample.size();
}

bool looks_like_html(std::string_view bytes) {
    constexpr std::size_t looked_at = 512;
    if (bytes.starts_with("\xEF\xBB\xBF")) {
        bytes.remove_prefix(3);
    }
    const std::string head = ascii_lower(trim(bytes.substr(0, looked_at)));
    for (const std::string_view begin : {"<!doctype html", "<html", "<head", "<body"}) {
        if (head.starts_with(begin)) {
            return true;
        }
    }
    return false;
}

/// A container says in its first part what it is (EPUB 3.3, 4.3.3; OpenDocument 1.3, part 2, 3.3).
std::optional<DocumentType> named_in_container(std::string_view bytes) {
    constexpr std::size_t name_at = 30;
    constexpr std::string_view name = "mimetype";
    constexpr std::size_t type_bytes_max = 64;
    if (bytes.size() < name_at + name.size() || bytes.substr(name_at, name.size()) != name) {
        return std::nullopt;
    }
    const std::string_view type = bytes.substr(name_at + name.size(), type_bytes_max);
    for (const std::string_view known :
         {"application/epub+zip", "application/vnd.oasis.opendocument.text"}) {
        if (type.starts_with(known)) {
            return document_type_of_media_type(known);
        }
    }
    return std::nullopt;
}

/// `signature` may be empty. A page of a site is what its answer says, whatever its address ends
/// in.
std::optional<DocumentType> document_in(std::string_view bytes, std::string_view signature,
                                        const std::string& extension, const std::string& type) {
    if (signature == pdf_type) {
        return DocumentType::pdf;
    }
    auto named = document_type_of_media_type(type);
    const bool silent = type.empty() || type == "application/octet-stream" || type == zip_type;
    if (!named && silent) {
        named = document_type_of_extension(extension);
    }
    if (signature == zip_type) {
        const bool packed = named && *named != DocumentType::pdf &&
                            *named != DocumentType::notebook && *named != DocumentType::mail &&
                            *named != DocumentType::mailbox;
        return packed ? named : named_in_container(bytes);
    }
    // With a password, the documents of an Office are another kind of container.
    const bool office =
        named == DocumentType::docx || named == DocumentType::pptx || named == DocumentType::xlsx;
    return signature.empty() || (signature == ole_type && office) ? named : std::nullopt;
}

}  // namespace

DetectedSource detect_source(std::string_view bytes, const SourceHint& hint) {
    DetectedSource found;
    found.extension = extension_of(hint.filename);
    const std::string type = media_type_of(hint.content_type);
    const std::string_view signature = signature_of(bytes);
    const bool wide = has_wide_byte_order_mark(bytes);
    // "BZh", "ID3" may begin a text; then nothing else in it is binary.
    const bool is_word =
        signature == "application/x-bzip2" || signature == "audio/mpeg" || signature == "video/mp4";
    if (const auto document =
            document_in(bytes, is_word ? std::string_view() : signature, found.extension, type)) {
        found.kind = SourceKind::document;
        found.document = document;
        found.media_type = signature;
        return found;
    }
    if (!wide && ((!signature.empty() && !is_word) || looks_binary(bytes))) {
        found.kind = SourceKind::binary;
        const bool told = !type.empty() && !type.starts_with("text/");
        found.media_type = !signature.empty() ? std::string(signature)
                           : told             ? type
                                              : "application/octet-stream";
        return found;
    }
    const auto by_extension = kind_of_extension(found.extension);
    const auto by_type = kind_of_media_type(type);
    // A page of a site is what its answer says, whatever its address ends in.
    if (by_type == SourceKind::html || (by_type && !by_extension)) {
        found.kind = *by_type;
    } else if (by_extension) {
        found.kind = *by_extension;
    } else if (type != "text/plain" && looks_like_html(bytes)) {
        found.kind = SourceKind::html;
    }
    return found;
}

TextFormat format_of(SourceKind kind) {
    switch (kind) {
        case SourceKind::html:
        case SourceKind::markdown: return TextFormat::markdown;
        case SourceKind::code: return TextFormat::code;
        case SourceKind::data: return TextFormat::data;
        case SourceKind::plain:
        case SourceKind::document:
        case SourceKind::binary: break;
    }
    return TextFormat::plain;
}

TextFormat format_of_extension(const std::string& extension) {
    if (document_type_of_extension(extension)) {
        return TextFormat::markdown;
    }
    return format_of(kind_of_extension(extension).value_or(SourceKind::plain));
}

}  // namespace rag::text
