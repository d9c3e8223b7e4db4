#pragma once

#include "rag/document_reader.hpp"

#include <optional>
#include <string_view>

namespace rag::formats {

/// One message (RFC 5322 and MIME): who wrote when to whom about what, then its text, HTML only
/// where there is no plain text. Attachments are named, not opened.
ReadDocument read_mail(std::string_view bytes);

/// Messages one after the other (RFC 4155), each a section named by its subject.
ReadDocument read_mailbox(std::string_view bytes);

/// "Fri, 21 Nov 1997 09:55:06 -0600" as ISO 8601 in UTC; empty for what is no such time.
std::string iso_time_of_mail(std::string_view date);

}  // namespace rag::formats
