#pragma once

#include "mcp/change_hub.hpp"
#include "mcp/registry.hpp"

#include <memory>
#include <string>

/// The parts that register_conformance_fixtures is put together from.
namespace rag::tools {

/// Tools that answer at once: every kind of content, errors, progress, logs, changes.
void add_fixture_content_tools(mcp::Registry& registry, mcp::ChangeHub& changes);
/// Tools that ask the client back.
void add_fixture_dialogue_tools(mcp::Registry& registry);
/// Tools that become tasks, or let go of their stream.
void add_fixture_task_tools(mcp::Registry& registry);
void add_fixture_prompts(mcp::Registry& registry);
std::unique_ptr<mcp::ResourceProvider> make_fixture_resources();

/// A PNG of one pixel and a WAV without samples, in base64.
extern const char* const fixture_png;
extern const char* const fixture_wav;

Json text_content(const std::string& text);

/// A tool's entry with a schema without required arguments, or the given one.
Json fixture_definition(const std::string& name, const std::string& description,
                        Json input_schema = nullptr);

/// What an elicitation in form mode asks for.
Json elicitation_request(const std::string& message, Json properties, Json required);
Json sampling_request(const std::string& prompt, int tokens_max);
Json roots_request();

}  // namespace rag::tools
