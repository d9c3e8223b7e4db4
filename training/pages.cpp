#include "pages.hpp"

#include "files.hpp"
#include "rag/error.hpp"
#include "text/extract.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace rag::training {

namespace {

constexpr std::size_t passage_words_max = 220;
constexpr std::size_t paragraph_bytes_min = 60;
constexpr std::size_t sentence_bytes_min = 35;
constexpr std::uintmax_t page_bytes_max = 4U << 20U;

bool is_letter(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// "[text](target)" and "![text](target)" become text; tags, templates and emphasis go.
std::string plain_inline(std::string_view line) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> spans{
        {{"{{", "}}"}, {"{%", "%}"}, {"<", ">"}, {"](", ")"}}};
    std::string plain;
    for (std::size_t at = 0; at < line.size();) {
        const auto span = std::ranges::find_if(spans, [&](const auto& candidate) {
            return line.substr(at).starts_with(candidate.first) &&
                   (candidate.first != "<" ||
                    (at + 1 < line.size() && (is_letter(line[at + 1]) || line[at + 1] == '/' ||
                                              line[at + 1] == '!')));
        });
        const std::size_t end = span == spans.end()
                                    ? std::string_view::npos
                                    : line.find(span->second, at + span->first.size());
        if (end != std::string_view::npos) {
            plain.push_back(span->first == "](" ? '\0' : ' ');
            at = end + span->second.size();
            continue;
        }
        plain.push_back(line[at++]);
    }
    std::erase_if(plain, [](char c) {
        return c == '\0' || c == '*' || c == '`' || c == '[' || c == ']' || c == '|';
    });
    return plain;
}

std::size_t heading_level(std::string_view line) {
    const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
    return level >= 1 && level <= 6 && level < line.size() && line[level] == ' ' ? level : 0;
}

/// `key: value` of a page's front matter.
std::string_view front_value(std::string_view line, std::string_view key) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') {
        return {};
    }
    std::string_view value = line.substr(key.size() + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '"' ||
                              value.front() == '\'' || value.front() == '>')) {
        value.remove_prefix(1);
    }
    while (!value.empty() && (value.back() == '"' || value.back() == '\'')) {
        value.remove_suffix(1);
    }
    return value;
}

/// Takes a page line by line.
class PageReader {
public:
    Page read(std::string_view markdown) {
        const std::vector<std::string_view> lines = lines_of(markdown);
        std::size_t begin = 0;
        if (!lines.empty() && (lines[0] == "---" || lines[0] == "\xEF\xBB\xBF---")) {
            begin = read_front_matter(lines);
        }
        open_section();
        for (std::size_t i = begin; i < lines.size(); ++i) {
            put(lines[i]);
        }
        end_paragraph();
        std::erase_if(page_.sections, [](const auto& s) { return s.paragraphs.empty(); });
        return std::move(page_);
    }

private:
    std::size_t read_front_matter(const std::vector<std::string_view>& lines) {
        for (std::size_t i = 1; i < lines.size(); ++i) {
            if (lines[i] == "---") {
                return i + 1;
            }
            if (const auto title = front_value(lines[i], "title"); !title.empty()) {
                page_.title = on_one_line(title);
            }
            if (const auto about = front_value(lines[i], "description"); !about.empty()) {
                page_.description = on_one_line(about);
            }
        }
        return 0;
    }

    void put(std::string_view line) {
        const std::size_t text = std::min(line.find_first_not_of(" \t>"), line.size());
        const std::string_view bare = line.substr(text);
        if (bare.starts_with("```") || bare.starts_with("~~~")) {
            in_code_ = !in_code_;
            end_paragraph();
            return;
        }
        if (in_code_ || bare.starts_with("import ") || bare.starts_with(":::")) {
            return;
        }
        const std::size_t level = heading_level(bare);
        if (level > 0) {
            end_paragraph();
            put_heading(level, on_one_line(plain_inline(bare.substr(level))));
        } else if (bare.empty()) {
            end_paragraph();
        } else {
            paragraph_ += plain_inline(bare) + ' ';
        }
    }

    void put_heading(std::size_t level, std::string heading) {
        if (const std::size_t id = heading.find(" {"); id != std::string::npos) {
            heading.resize(id);
        }
        if (level == 1 && page_.title.empty()) {
            page_.title = heading;
            return;
        }
        headings_.resize(std::min(headings_.size(), level - 1));
        headings_.resize(level - 1);
        headings_.push_back(std::move(heading));
        open_section();
    }

    void open_section() {
        std::string path;
        for (const std::string& heading : headings_) {
            path += heading.empty() ? "" : ' ' + heading;
        }
        page_.sections.push_back({on_one_line(path), {}});
    }

    void end_paragraph() {
        std::string text = on_one_line(paragraph_);
        paragraph_.clear();
        const auto letters = std::ranges::count_if(text, is_letter);
        if (text.size() >= paragraph_bytes_min &&
            static_cast<std::size_t>(letters) * 10 >= text.size() * 6) {
            page_.sections.back().paragraphs.push_back(std::move(text));
        }
    }

    Page page_;
    std::vector<std::string> headings_;
    std::string paragraph_;
    bool in_code_ = false;
};

std::string first_words(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == ' ' && --count == 0) {
            break;
        }
    }
    return std::string(text.substr(0, at));
}

std::vector<std::string> sentences_of(const std::string& paragraph) {
    std::vector<std::string> sentences;
    std::size_t begin = 0;
    for (std::size_t i = 0; i + 2 < paragraph.size(); ++i) {
        const bool ends = paragraph[i] == '.' || paragraph[i] == '?' || paragraph[i] == '!';
        if (ends && paragraph[i + 1] == ' ' &&
            std::isupper(static_cast<unsigned char>(paragraph[i + 2])) != 0) {
            sentences.push_back(paragraph.substr(begin, i + 1 - begin));
            begin = i + 2;
        }
    }
    sentences.push_back(paragraph.substr(begin));
    return sentences;
}

/// One sentence of the paragraph with those around it.
void append_sentence_pair(const std::string& paragraph, std::uint64_t group, Random& random,
                          std::vector<TextPair>& pairs) {
    const std::vector<std::string> sentences = sentences_of(paragraph);
    if (sentences.size() < 2) {
        return;
    }
    const std::size_t chosen = random.below(sentences.size());
    if (sentences[chosen].size() < sentence_bytes_min) {
        return;
    }
    std::string around;
    for (std::size_t i = chosen > 1 ? chosen - 2 : 0; i < std::min(sentences.size(), chosen + 3);
         ++i) {
        around += i == chosen ? "" : sentences[i] + ' ';
    }
    pairs.push_back({group, sentences[chosen], on_one_line(around)});
}

const std::set<std::string, std::less<>>& page_endings() {
    static const std::set<std::string, std::less<>> endings{
        ".md", ".mdx", ".txt", ".html", ".htm", ".xml", ".cnxml", ".rst", ".article"};
    return endings;
}

std::string read_markdown(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    const std::string ending = path.extension().string();
    if (ending == ".xml" || ending == ".cnxml") {
        return xml_to_markdown(bytes);
    }
    if (ending == ".html" || ending == ".htm") {
        const text::ExtractedText page =
            text::extract_text(bytes, {.filename = path.filename().string(), .content_type = ""});
        return "---\ntitle: " + on_one_line(page.title) + "\n---\n" + page.text;
    }
    return bytes;
}

}  // namespace

Page parse_page(std::string_view markdown) {
    return PageReader().read(markdown);
}

std::string xml_to_markdown(std::string_view xml) {
    static const std::set<std::string, std::less<>> blocks{
        "para", "simpara", "section", "item", "listitem", "list", "note", "example", "definition",
        "entry", "refpurpose", "refname", "figure", "table", "row", "exercise", "problem"};
    static const std::set<std::string, std::less<>> code{"programlisting", "screen", "code",
                                                         "m:math", "math"};
    std::string markdown;
    for (std::size_t at = 0; at < xml.size();) {
        if (xml[at] != '<') {
            const std::size_t end = std::min(xml.find('<', at), xml.size());
            markdown += xml.substr(at, end - at);
            at = end;
            continue;
        }
        const std::size_t close = std::min(xml.find('>', at), xml.size() - 1);
        const bool ends = at + 1 < xml.size() && xml[at + 1] == '/';
        const std::size_t name_begin = at + (ends ? 2 : 1);
        const std::size_t name_end = std::min(xml.find_first_of(" />\n\t", name_begin), close);
        const std::string_view name = xml.substr(name_begin, name_end - name_begin);
        at = close + 1;
        if (name == "title") {
            markdown += ends ? "\n\n" : "\n\n## ";
        } else if (blocks.contains(name)) {
            markdown += "\n\n";
        } else if (!ends && code.contains(name) && xml[close - 1] != '/') {
            const std::size_t end = xml.find(fmt::format("</{}>", name), close);
            at = end == std::string_view::npos ? xml.size() : end;
        } else {
            markdown += ' ';
        }
    }
    // The first title of a page is the page's own.
    if (const std::size_t first = markdown.find("\n\n## "); first != std::string::npos) {
        markdown.replace(first, 5, "\n\n# ");
    }
    return markdown;
}

void append_page_pairs(const Page& page, std::uint64_t group, Random& random,
                       std::vector<TextPair>& pairs) {
    if (!page.description.empty() && !page.sections.empty()) {
        pairs.push_back({group, page.title + ' ' + page.description,
                         first_words(page.sections.front().paragraphs.front(), passage_words_max)});
    }
    for (const Page::Section& section : page.sections) {
        std::string body;
        for (const std::string& paragraph : section.paragraphs) {
            body += paragraph + ' ';
        }
        const std::string heading = on_one_line(page.title + ' ' + section.heading);
        if (!heading.empty()) {
            pairs.push_back({group, heading, first_words(body, passage_words_max)});
        }
        for (std::size_t i = 0; i < section.paragraphs.size(); ++i) {
            append_sentence_pair(section.paragraphs[i], group, random, pairs);
            if (i > 0) {
                pairs.push_back({group, first_words(section.paragraphs[i - 1], passage_words_max),
                                 first_words(section.paragraphs[i], passage_words_max)});
            }
        }
    }
}

std::vector<TextPair> read_pages(const std::filesystem::path& folder, Random& random) {
    if (!std::filesystem::is_directory(folder)) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} is no folder of pages; gather it as training/README.md says, "
                                "or leave its line out.",
                                folder.string()));
    }
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.file_size() <= page_bytes_max &&
            page_endings().contains(entry.path().extension().string())) {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    std::vector<TextPair> pairs;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        append_page_pairs(parse_page(read_markdown(paths[i])), i, random, pairs);
    }
    return pairs;
}

}  // namespace rag::training
