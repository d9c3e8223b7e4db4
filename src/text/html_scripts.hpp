#pragma once

#include "text/html.hpp"
#include "text/html_tree.hpp"

namespace rag::text {

ScriptSigns read_script_signs(const GumboNode& root);

}  // namespace rag::text
