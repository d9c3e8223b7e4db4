#pragma once

#include "embed/embedder_factory.hpp"

#include <optional>

namespace rag::embed {

/// What embedding costs, in US dollars for a million tokens: 0 for the models that run in this
/// process, the list price for OpenAI's own, null for whatever else answers as OpenAI does.
std::optional<double> known_price(const EmbedderOptions& options);

}  // namespace rag::embed
