#pragma once

#include "memory/requests.hpp"
#include "rag/store.hpp"
#include "rag/transfer.hpp"

namespace rag::memory {

/// The next part of a collection's export. Each part is read as the store is at that moment:
/// documents added meanwhile come too, and one that is removed before its turn does not. The
/// export's first line and its collection are never cut, whatever `max_chars` says.
///
/// Throws Error{not_found} for a collection that is not there or that the caller may not see,
/// Error{invalid_argument} for a cursor that did not come from here, Error{conflict} when the
/// document that the last part was cut in has changed since, and what Transfer::read throws.
ExportedPart read_export_part(const CallContext& context, Store& store, Transfer& transfer,
                              const ExportCollection& request);

}  // namespace rag::memory
