#include "index/filters.hpp"

#include "base/hash.hpp"
#include "index/segment.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rag::index {
namespace {

using nlohmann::json;

constexpr std::size_t filters_kept = 16;
/// Integers below are doubles without loss, so that equal tokens are equal numbers.
constexpr double exact_integers_max = 9007199254740992.0;

bool is_scalar(const json& value) {
    return value.is_primitive() && !value.is_binary();
}

/// Whether the sets of tokens tell exactly which metadata holds the operand.
bool is_exact(const json& operand) {
    return is_scalar(operand) &&
           (!operand.is_number() || std::abs(operand.get<double>()) < exact_integers_max);
}

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string key_token(const std::string& key) {
    return "k" + key;
}

std::string value_token(const std::string& key, const json& scalar) {
    std::string token = "v" + std::to_string(key.size()) + ':' + key;
    if (scalar.is_number()) {
        const double number = scalar.get<double>() + 0.0;  // One zero.
        token += 'n' + std::to_string(std::bit_cast<std::uint64_t>(number));
    } else if (scalar.is_string()) {
        token += 's' + scalar.get_ref<const std::string&>();
    } else {
        token += 'l' + dump(scalar);
    }
    return token;
}

std::vector<std::string> list_tokens(const Metadata& effective) {
    std::vector<std::string> tokens;
    for (const auto& [key, value] : effective.items()) {
        tokens.push_back(key_token(key));
        if (is_scalar(value)) {
            tokens.push_back(value_token(key, value));
        } else if (value.is_array()) {
            for (const json& element : value) {
                if (is_scalar(element)) {
                    tokens.push_back(value_token(key, element));
                }
            }
        }
    }
    return tokens;
}

std::string cache_key(const MetadataFilter& filter) {
    std::string text;
    for (const FilterCondition& condition : filter.conditions) {
        text += std::to_string(condition.key.size()) + ':' + condition.key +
                static_cast<char>('a' + static_cast<int>(condition.op));
        const std::string operand = dump(condition.operand);
        text += std::to_string(operand.size()) + ':' + operand;
    }
    return text;
}

/// Resolves one filter to the records of a segment, and those to its chunks.
class FilterSearch {
public:
    FilterSearch(const Segment& segment, const MetadataFilter& filter)
        : segment_(segment), filter_(filter), found_(segment.records_.size()) {}

    Bitmap find_chunks() {
        found_.set_range(0, found_.size());
        for (const FilterCondition& condition : filter_.conditions) {
            narrow(condition);
        }
        if (!exact_) {
            check_each();
        }
        Bitmap chunks(segment_.chunk_count());
        for (Local local = 0; local < segment_.chunk_count(); ++local) {
            if (found_.test(segment_.chunk_row(local).record)) {
                chunks.set(local);
            }
        }
        return chunks;
    }

private:
    /// Leaves no record out that satisfies the condition.
    void narrow(const FilterCondition& condition) {
        switch (condition.op) {
            case FilterOperator::exists:
                if (condition.operand.get<bool>()) {
                    found_.intersect(records_of(key_token(condition.key)));
                } else {
                    found_.subtract(records_of(key_token(condition.key)));
                }
                return;
            case FilterOperator::ne:
                if (is_exact(condition.operand)) {
                    found_.subtract(records_of(value_token(condition.key, condition.operand)));
                } else {
                    exact_ = false;
                }
                return;
            case FilterOperator::contains: narrow_to_any(condition, {condition.operand}); return;
            case FilterOperator::in:
                narrow_to_any(condition, {condition.operand.begin(), condition.operand.end()});
                return;
            default: break;
        }
        found_.intersect(records_of(key_token(condition.key)));
        exact_ = false;
    }

    void narrow_to_any(const FilterCondition& condition, const std::vector<json>& options) {
        exact_ = exact_ && std::all_of(options.begin(), options.end(), is_exact);
        if (!std::all_of(options.begin(), options.end(), is_scalar)) {
            found_.intersect(records_of(key_token(condition.key)));
            return;
        }
        Bitmap any(found_.size());
        for (const json& option : options) {
            add_records(value_token(condition.key, option), any);
        }
        found_.intersect(any);
    }

    Bitmap records_of(const std::string& token) const {
        Bitmap records(found_.size());
        add_records(token, records);
        return records;
    }

    void add_records(const std::string& token, Bitmap& records) const {
        const auto& tokens = segment_.tokens_;
        const auto place = std::lower_bound(tokens.begin(), tokens.end(), hash64(token));
        if (place == tokens.end() || *place != hash64(token)) {
            return;
        }
        const auto i = static_cast<std::size_t>(place - tokens.begin());
        for (std::size_t at = segment_.token_begins_[i]; at < segment_.token_begins_[i + 1]; ++at) {
            records.set(segment_.token_records_[at]);
        }
    }

    void check_each() {
        Bitmap holding(found_.size());
        found_.for_each(0, found_.size(), [&](std::size_t record) {
            const Local local = segment_.records_[record];
            const Metadata effective =
                effective_metadata(segment_.document_metadata(segment_.chunk_row(local).document),
                                   segment_.chunk_metadata(local));
            if (matches(filter_, effective)) {
                holding.set(record);
            }
        });
        found_ = std::move(holding);
    }

    const Segment& segment_;
    const MetadataFilter& filter_;
    Bitmap found_;
    bool exact_ = true;
};

std::shared_ptr<const Bitmap> Segment::find_matching(const MetadataFilter& filter) const {
    std::string key = cache_key(filter);
    {
        const std::scoped_lock lock(filters_mutex_);
        const auto known = std::find_if(filters_.begin(), filters_.end(),
                                        [&](const auto& entry) { return entry.text == key; });
        if (known != filters_.end()) {
            filters_.splice(filters_.begin(), filters_, known);
            return known->chunks;
        }
    }
    auto chunks = std::make_shared<const Bitmap>(FilterSearch(*this, filter).find_chunks());
    const std::scoped_lock lock(filters_mutex_);
    filters_.push_front({std::move(key), chunks});
    if (filters_.size() > filters_kept) {
        filters_.pop_back();
    }
    return chunks;
}

}  // namespace rag::index
