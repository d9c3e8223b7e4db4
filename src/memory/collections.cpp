#include "memory/collections.hpp"

#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {
namespace {

constexpr std::int64_t description_code_points_max = 10'000;
/// A search that finds the store away may have waited for it; the next ones need not.
constexpr std::chrono::seconds retry_pause{2};

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

void check_name(const std::string& name) {
    if (is_blank(name)) {
        throw Error(ErrorCode::invalid_argument,
                    "Collection name cannot be empty: give `name` 1 to 255 characters.");
    }
    if (!is_utf8(name)) {
        throw Error(ErrorCode::invalid_argument, "Collection name is not valid UTF-8 text.");
    }
    const std::int64_t characters = count_code_points(name);
    if (characters > static_cast<std::int64_t>(collection_name_characters_max)) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Collection name is too long: `name` has {} characters, at most {} "
                                "are allowed.",
                                characters, collection_name_characters_max));
    }
    for (std::size_t i = 0; i < name.size();) {
        const DecodedCodePoint c = decode_utf8(name, i);
        if (is_control(c.value)) {
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("Collection name cannot contain control characters: `name` "
                                    "holds U+{:04X}.",
                                    static_cast<std::uint32_t>(c.value)));
        }
        i += c.bytes;
    }
}

void check_description(const std::string& description) {
    if (is_blank(description)) {
        throw Error(ErrorCode::invalid_argument,
                    "Collection description cannot be empty: say in `description` what the "
                    "collection holds.");
    }
    const std::int64_t characters = count_code_points(description);
    if (characters > description_code_points_max || description.find('\0') != std::string::npos) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Collection description is not acceptable: `description` may have "
                                "at most {} characters (it has {}) and no NUL.",
                                description_code_points_max, characters));
    }
}

}  // namespace

std::vector<Collection> CollectionFinder::list(const CallContext& context) {
    const SteadyTime now = clock_.steady_now();
    std::optional<std::vector<Collection>> all =
        read_.with([&](const Kept& kept) -> std::optional<std::vector<Collection>> {
            if (kept.until && now < *kept.until) {
                return kept.collections;
            }
            return std::nullopt;
        });
    if (!all) {
        all = read(context);
    }
    std::erase_if(*all, [&](const Collection& collection) {
        return !context.caller.may_see(collection.name);
    });
    return *std::move(all);
}

/// From the store; what was read last while the store does not answer.
std::vector<Collection> CollectionFinder::read(const CallContext& context) {
    if (kept_.count() == 0) {
        return store_.list_collections_uncounted(context);
    }
    try {
        std::vector<Collection> all = store_.list_collections_uncounted(context);
        read_.with([&](Kept& kept) { kept = {all, clock_.steady_now() + kept_}; });
        return all;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::unavailable) {
            throw;
        }
        const SteadyTime again = clock_.steady_now() + retry_pause;
        const auto last = read_.with([&](Kept& kept) -> std::optional<std::vector<Collection>> {
            if (!kept.until) {
                return std::nullopt;
            }
            kept.until = again;
            return kept.collections;
        });
        if (!last) {
            throw;
        }
        return *last;
    }
}

Collection CollectionFinder::require(const CallContext& context, std::string_view name) {
    if (kept_.count() > 0 && context.caller.may_see(std::string(name))) {
        const std::vector<Collection> known = list(context);
        const auto found = std::find_if(known.begin(), known.end(),
                                        [&](const Collection& c) { return c.name == name; });
        if (found != known.end()) {
            return *found;
        }
    }
    return require_collection(context, store_, name);
}

void CollectionFinder::forget() {
    read_.with([](Kept& kept) {
        if (kept.until) {
            kept.until = SteadyTime::min();
        }
    });
}

Collection Collections::create(const CallContext& context, const CreateCollection& request) {
    require_role(context, Role::writer, "create a collection");
    check_name(request.name);
    check_description(request.description);
    if (!context.caller.may_see(request.name)) {
        throw Error(ErrorCode::unauthorized,
                    fmt::format("Your token does not cover a collection named '{}'; it is limited "
                                "to: {}.",
                                request.name, fmt::join(context.caller.collections, ", ")));
    }
    Collection created =
        store_.create_collection(context, {request.name, request.description, space_});
    finder_.forget();
    return created;
}

std::vector<Collection> Collections::list(const CallContext& context) {
    std::vector<Collection> collections = store_.list_collections(context);
    std::erase_if(collections, [&](const Collection& collection) {
        return !context.caller.may_see(collection.name);
    });
    return collections;
}

Collection Collections::update_description(const CallContext& context,
                                           const UpdateCollectionDescription& request) {
    require_role(context, Role::writer, "change a collection");
    check_description(request.description);
    require_collection(context, store_, request.name);
    std::optional<Collection> updated;
    if (store_.update_collection_description(context, request.name, request.description)) {
        finder_.forget();
        updated = store_.find_collection(context, request.name);
    }
    if (!updated) {
        throw Error(ErrorCode::not_found, fmt::format("Collection '{}' not found", request.name));
    }
    return *std::move(updated);
}

CollectionDetails Collections::describe(const CallContext& context, std::string_view name) {
    if (context.caller.may_see(std::string(name))) {
        if (std::optional<CollectionDetails> found = store_.describe_collection(context, name)) {
            return *std::move(found);
        }
    }
    throw Error(ErrorCode::not_found, fmt::format("Collection '{}' not found", name));
}

DeletedCollection Collections::remove(const CallContext& context, std::string_view name) {
    require_role(context, Role::admin, "delete a collection");
    if (context.caller.may_see(std::string(name))) {
        if (const std::optional<DeletedCollection> deleted =
                store_.delete_collection(context, name)) {
            finder_.forget();
            return *deleted;
        }
    }
    throw Error(ErrorCode::not_found, fmt::format("Collection '{}' not found", name));
}

}  // namespace rag::memory
