#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace rag::formats {

/// Reads XML as a stream of starts, ends and texts, so that a large part needs little memory. Names
/// are local ones: what prefix a writer chose does not matter. No network, no external entity, and
/// entities that the text defines itself are refused.
class XmlReader final {
public:
    enum class Event { start, end, text, done };

    /// `bytes` must outlive this; `part` is what errors call it. Throws Error{invalid_argument},
    /// as next does, for what is no well-formed XML.
    XmlReader(std::string_view bytes, std::string part);
    ~XmlReader();
    XmlReader(const XmlReader&) = delete;
    XmlReader& operator=(const XmlReader&) = delete;

    /// The next event. An empty element gives a start and an end.
    Event next();

    /// Of the element that starts or ends here; valid until the next event.
    std::string_view name() const { return name_; }
    bool is(std::string_view name) const { return name_ == name; }
    /// How many elements the present one stands in.
    int depth() const { return depth_; }

    /// Of a start: the value of the attribute, empty where there is none.
    std::string attribute(std::string_view name) const;
    /// The same for an attribute of the namespace of relationships, e.g. r:id.
    std::string relation(std::string_view name) const;
    bool has_attribute(std::string_view name) const;

    std::string_view text() const { return text_; }

    /// After a start: goes to its end; the next event is what follows.
    void skip();
    /// After a start: all text up to its end, that of inner elements too, at most `bytes_max`.
    std::string read_text(std::size_t bytes_max = 64 * 1024);

private:
    struct Library;

    enum class Namespace { any, relationships };
    std::string find_attribute(std::string_view name, Namespace where, bool& found) const;
    [[noreturn]] void refuse() const;
    bool read();
    void check_declarations() const;

    std::string part_;
    std::unique_ptr<Library> library_;
    std::string name_;
    std::string_view text_;
    int depth_ = 0;
    bool ends_at_once_ = false;  ///< The end of an empty element comes next.
};

}  // namespace rag::formats
