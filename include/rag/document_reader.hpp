#pragma once

#include "rag/context.hpp"
#include "rag/document.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rag {

/// Files from which text has to be taken out.
enum class DocumentType { pdf, docx, epub, pptx, xlsx, odt, notebook, mail, mailbox };

/// The extension that files of this type usually have: "pdf", "ipynb", "eml", "mbox".
std::string_view to_string(DocumentType type);

/// Of a file extension in lower case without its dot; "docm", "ppsx" and the like count too.
std::optional<DocumentType> document_type_of_extension(std::string_view extension);

/// Of a content type in lower case without parameters, e.g. "application/pdf".
std::optional<DocumentType> document_type_of_media_type(std::string_view media_type);

/// What a document says.
struct ReadDocument {
    /// Well-formed UTF-8, lines ended by \n. The pages of a PDF are sections of the first level
    /// named "Page 1", "Page 2"... (see text/chunk.hpp).
    std::string markdown;
    std::string title;  ///< As the document itself gives it; empty when it does not.
    /// Only what is there: author, description, language, keywords, publisher, created_at,
    /// modified_at, page_count, slide_count, ...
    Metadata metadata = Metadata::object();
};

/// Takes the text out of documents. What a hostile one does to its reader ends with an Error, never
/// with more. Safe for concurrent use.
class DocumentReader {
public:
    virtual ~DocumentReader() = default;

    /// Throws Error{invalid_argument} with a sentence and the way out for a document that is
    /// damaged, encrypted, without text, too large, or for which a program is missing here;
    /// Error{cancelled, deadline_exceeded} as the context has it.
    virtual ReadDocument read(const CallContext& context, DocumentType type,
                              std::string_view bytes) = 0;
};

}  // namespace rag
