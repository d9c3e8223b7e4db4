#pragma once

#include "mcp/registry.hpp"
#include "tools/register.hpp"

namespace rag::tools {

/// The resource that is the list of collections.
constexpr std::string_view collections_address = "memory://collections";
/// The resource of one collection, its name percent-encoded (RFC 3986, section 2.1).
std::string collection_address(std::string_view name);
/// The resource of one document.
std::string document_address(DocumentId id);

/// memory://collections, memory://collections/{name}, memory://documents/{id}, memory://jobs/{id}
/// (never listed; the caller's own alone, an admin's all): what the caller may
/// see, as resources. Safe for concurrent use.
class MemoryResources final : public mcp::ResourceProvider {
public:
    explicit MemoryResources(MemoryProvider memory) : memory_(std::move(memory)) {}

    mcp::ResourcePage list(const CallContext& context, std::string_view cursor) override;
    std::vector<Json> templates() override;
    std::optional<mcp::ResourceContents> read(const CallContext& context,
                                              std::string_view uri) override;
    std::vector<std::string> complete(const CallContext& context, std::string_view template_uri,
                                      std::string_view variable, std::string_view typed) override;

private:
    mcp::ResourcePage list_collections(const CallContext& context);
    mcp::ResourcePage list_documents(const CallContext& context, std::int64_t offset);

    MemoryProvider memory_;
};

/// Names of collections that begin with what was typed (without regard to case), at most 100.
std::vector<std::string> complete_collection(const CallContext& context,
                                             const MemoryProvider& memory, std::string_view typed);

}  // namespace rag::tools
