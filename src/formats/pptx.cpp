#include "base/utf8.hpp"
#include "formats/containers.hpp"
#include "formats/limits.hpp"
#include "formats/markdown_builder.hpp"
#include "formats/office_package.hpp"
#include "formats/xml.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace rag::formats {
namespace {

using Event = XmlReader::Event;

struct SlideLine {
    int level = 0;
    std::string text;
};

struct Shape {
    std::string kind;  ///< Of a placeholder: "title", "body"...; empty for a text box.
    bool is_placeholder = false;
    std::vector<SlideLine> lines;
    std::vector<TableRow> rows;
};

bool is_title(const Shape& shape) {
    return shape.kind == "title" || shape.kind == "ctrTitle";
}

/// Numbers, dates and footers are on every slide.
bool is_furniture(const Shape& shape) {
    return shape.kind == "sldNum" || shape.kind == "dt" || shape.kind == "ftr";
}

/// Reads the shapes of a slide in their order.
class SlideReader final {
public:
    SlideReader(const OfficePackage& package, const std::string& part)
        : xml_(package.archive().part(part), part), relations_(package.relations_of(part)) {}

    std::vector<Shape> read() {
        std::vector<Shape> shapes;
        for (Event event = xml_.next(); event != Event::done; event = xml_.next()) {
            if (event == Event::start && xml_.is("Fallback")) {
                xml_.skip();
            } else if (event == Event::start && (xml_.is("sp") || xml_.is("graphicFrame"))) {
                shapes.push_back(read_shape());
            }
        }
        return shapes;
    }

private:
    Shape read_shape() {
        Shape shape;
        for (int open = 1; open > 0;) {
            const Event event = xml_.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event != Event::start) {
                continue;
            }
            if (xml_.is("ph")) {
                shape.is_placeholder = true;
                shape.kind = xml_.attribute("type");
            } else if (xml_.is("tr")) {
                shape.rows.emplace_back();
            } else if (xml_.is("tc") && !shape.rows.empty()) {
                shape.rows.back().push_back(read_cell());
                --open;
            } else if (xml_.is("p")) {
                shape.lines.push_back(read_line());
                --open;
            }
        }
        return shape;
    }

    std::string read_cell() {
        std::string text;
        for (int open = 1; open > 0;) {
            const Event event = xml_.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event == Event::start && xml_.is("p")) {
                text += (text.empty() ? "" : " ") + read_line().text;
                --open;
            }
        }
        return text;
    }

    SlideLine read_line() {
        SlideLine line;
        std::string target;
        for (int open = 1; open > 0;) {
            const Event event = xml_.next();
            if (event == Event::done) {
                break;
            }
            open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
            if (event == Event::end && xml_.is("r")) {
                target.clear();
            }
            if (event != Event::start) {
                continue;
            }
            if (xml_.is("pPr")) {
                const std::string level = xml_.attribute("lvl");
                std::from_chars(level.data(), level.data() + level.size(), line.level);
            } else if (xml_.is("hlinkClick")) {
                const auto relation = relations_.find(xml_.relation("id"));
                target = relation == relations_.end() ? "" : relation->second.target;
            } else if (xml_.is("br")) {
                line.text += ' ';
            } else if (xml_.is("t")) {
                line.text += markdown_link(xml_.read_text(), target);
                --open;
            }
        }
        return line;
    }

    XmlReader xml_;
    const Relations relations_;
};

std::vector<std::string> slides_of(const OfficePackage& package) {
    const Relations relations = package.relations_of(package.main_part());
    XmlReader xml(package.archive().require(package.main_part()), package.main_part());
    std::vector<std::string> slides;
    for (Event event = xml.next(); event != Event::done; event = xml.next()) {
        if (event != Event::start || !xml.is("sldId")) {
            continue;
        }
        const auto relation = relations.find(xml.relation("id"));
        if (relation != relations.end() && package.archive().has(relation->second.target)) {
            slides.push_back(relation->second.target);
        }
        if (slides.size() > slides_max) {
            throw Error(ErrorCode::invalid_argument, "The presentation has more than " +
                                                         std::to_string(slides_max) +
                                                         " slides. Split it into several files.");
        }
    }
    return slides;
}

std::string title_of(const std::vector<Shape>& shapes) {
    std::string title;
    for (const Shape& shape : shapes) {
        if (is_title(shape)) {
            for (const SlideLine& line : shape.lines) {
                title += (title.empty() ? "" : " ") + one_line(line.text);
            }
        }
    }
    return one_line(title);
}

void write_shape(const Shape& shape, MarkdownBuilder& out) {
    if (is_title(shape) || is_furniture(shape)) {
        return;
    }
    for (const SlideLine& line : shape.lines) {
        if (shape.is_placeholder && shape.kind != "subTitle") {
            out.item(line.level, "-", line.text);
        } else {
            out.paragraph(line.text);
        }
    }
    out.table(shape.rows);
}

void write_notes(const OfficePackage& package, const std::string& slide, MarkdownBuilder& out) {
    const std::string part = package.related_part(slide, "notesSlide");
    if (part.empty() || !package.archive().has(part)) {
        return;
    }
    bool first = true;
    for (const Shape& shape : SlideReader(package, part).read()) {
        for (const SlideLine& line : shape.lines) {
            if (shape.kind == "body" && !is_blank(line.text)) {
                out.paragraph((first ? "Notes: " : "") + line.text);
                first = false;
            }
        }
    }
}

}  // namespace

ReadDocument read_pptx(std::string_view bytes) {
    const OfficePackage package(bytes);
    ReadDocument document;
    package.read_properties(document);
    const std::vector<std::string> slides = slides_of(package);
    MarkdownBuilder out;
    for (std::size_t i = 0; i < slides.size(); ++i) {
        const std::vector<Shape> shapes = SlideReader(package, slides[i]).read();
        const std::string title = title_of(shapes);
        out.heading(1, "Slide " + std::to_string(i + 1) + (title.empty() ? "" : ": " + title));
        for (const Shape& shape : shapes) {
            write_shape(shape, out);
        }
        write_notes(package, slides[i], out);
    }
    document.metadata["slide_count"] = slides.size();
    document.markdown = out.take();
    return document;
}

}  // namespace rag::formats
