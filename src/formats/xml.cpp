#include "formats/xml.hpp"

#include "rag/error.hpp"

#include <libxml/parser.h>
#include <libxml/xmlreader.h>

#include <algorithm>
#include <climits>
#include <mutex>

namespace rag::formats {
namespace {

std::string_view view(const xmlChar* text) {
    return text == nullptr ? std::string_view()
                           : std::string_view(reinterpret_cast<const char*>(text));
}

void be_quiet(void*, xmlErrorPtr) {}

}  // namespace

struct XmlReader::Library {
    explicit Library(std::string_view bytes) {
        static std::once_flag once;
        std::call_once(once, xmlInitParser);
        // Without XML_PARSE_NOENT and XML_PARSE_HUGE: entities stay references, and depth, names
        // and texts are bounded by the library.
        reader = xmlReaderForMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        if (reader != nullptr) {
            xmlTextReaderSetStructuredErrorHandler(reader, be_quiet, nullptr);
        }
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        if (reader != nullptr) {
            xmlFreeTextReader(reader);
        }
    }

    xmlTextReaderPtr reader = nullptr;
};

XmlReader::XmlReader(std::string_view bytes, std::string part) : part_(std::move(part)) {
    if (bytes.size() > INT_MAX) {
        refuse();
    }
    library_ = std::make_unique<Library>(bytes);
    if (library_->reader == nullptr) {
        refuse();
    }
}

XmlReader::~XmlReader() = default;

void XmlReader::refuse() const {
    throw Error(ErrorCode::invalid_argument,
                "The document is damaged: its part '" + part_.substr(0, 200) +
                    "' is no well-formed XML. Open it in its program and save it anew.");
}

/// Entities of its own have no place in a document, but in attempts to make its reader work for
/// ever.
void XmlReader::check_declarations() const {
    const xmlNode* node = xmlTextReaderCurrentNode(library_->reader);
    if (node != nullptr && node->type == XML_DTD_NODE &&
        reinterpret_cast<const xmlDtd*>(node)->entities != nullptr) {
        refuse();
    }
}

/// False at the end.
bool XmlReader::read() {
    const int result = xmlTextReaderRead(library_->reader);
    if (result < 0) {
        refuse();
    }
    return result == 1;
}

XmlReader::Event XmlReader::next() {
    if (ends_at_once_) {
        ends_at_once_ = false;
        return Event::end;
    }
    xmlTextReaderPtr reader = library_->reader;
    while (read()) {
        const int type = xmlTextReaderNodeType(reader);
        depth_ = xmlTextReaderDepth(reader);
        switch (type) {
            case XML_READER_TYPE_ELEMENT:
                name_ = view(xmlTextReaderConstLocalName(reader));
                ends_at_once_ = xmlTextReaderIsEmptyElement(reader) == 1;
                return Event::start;
            case XML_READER_TYPE_END_ELEMENT:
                name_ = view(xmlTextReaderConstLocalName(reader));
                return Event::end;
            case XML_READER_TYPE_TEXT:
            case XML_READER_TYPE_CDATA:
            case XML_READER_TYPE_WHITESPACE:
            case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
                text_ = view(xmlTextReaderConstValue(reader));
                return Event::text;
            case XML_READER_TYPE_DOCUMENT_TYPE: check_declarations(); break;
            default: break;
        }
    }
    return Event::done;
}

std::string XmlReader::find_attribute(std::string_view name, Namespace where, bool& found) const {
    xmlTextReaderPtr reader = library_->reader;
    std::string value;
    found = false;
    while (!found && xmlTextReaderMoveToNextAttribute(reader) == 1) {
        const bool fits = where == Namespace::any ||
                          view(xmlTextReaderConstNamespaceUri(reader)).ends_with("relationships");
        if (fits && view(xmlTextReaderConstLocalName(reader)) == name) {
            value = view(xmlTextReaderConstValue(reader));
            found = true;
        }
    }
    xmlTextReaderMoveToElement(reader);
    return value;
}

std::string XmlReader::attribute(std::string_view name) const {
    bool found = false;
    return find_attribute(name, Namespace::any, found);
}

std::string XmlReader::relation(std::string_view name) const {
    bool found = false;
    return find_attribute(name, Namespace::relationships, found);
}

bool XmlReader::has_attribute(std::string_view name) const {
    bool found = false;
    find_attribute(name, Namespace::any, found);
    return found;
}

void XmlReader::skip() {
    int open = 1;
    while (open > 0) {
        const Event event = next();
        if (event == Event::done) {
            return;
        }
        open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
    }
}

std::string XmlReader::read_text(std::size_t bytes_max) {
    std::string all;
    int open = 1;
    while (open > 0) {
        const Event event = next();
        if (event == Event::done) {
            break;
        }
        open += event == Event::start ? 1 : (event == Event::end ? -1 : 0);
        if (event == Event::text) {
            all.append(text_.substr(0, bytes_max - std::min(bytes_max, all.size())));
        }
    }
    return all;
}

}  // namespace rag::formats
