#include "storage/sqlite_functions.hpp"

#include "base/time_text.hpp"
#include "rag/error.hpp"
#include "rag/metadata_filter.hpp"
#include "storage/sqlite_connection.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <vector>

namespace rag::storage {
namespace {

constexpr double bm25_k1 = 1.2;
constexpr double bm25_b = 0.75;

nlohmann::json read_metadata(sqlite3_value* value) {
    const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return data == nullptr ? nlohmann::json::object()
                           : nlohmann::json::parse(data, data + sqlite3_value_bytes(value));
}

void match_filter(sqlite3_context* context, int, sqlite3_value** arguments) {
    try {
        const auto* filter = static_cast<const MetadataFilter*>(
            sqlite3_value_pointer(arguments[0], filter_pointer_type));
        const bool holds =
            filter == nullptr || matches(*filter, effective_metadata(read_metadata(arguments[1]),
                                                                     read_metadata(arguments[2])));
        sqlite3_result_int(context, holds ? 1 : 0);
    } catch (const std::exception&) {
        sqlite3_result_error_code(context, SQLITE_CORRUPT);
    }
}

void read_time(sqlite3_context* context, int, sqlite3_value** arguments) {
    try {
        const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
        const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
        if (data != nullptr && sqlite3_value_type(arguments[0]) == SQLITE_TEXT) {
            if (const auto time = from_iso8601({data, size})) {
                sqlite3_result_int64(context, time->time_since_epoch().count());
            }
        }
    } catch (const std::exception&) {
        sqlite3_result_error_nomem(context);
    }
}

int create_tokenizer(void*, const char**, int, Fts5Tokenizer** tokenizer) {
    static int nothing = 0;  // The tokenizer has no state; FTS5 only wants an address.
    *tokenizer = reinterpret_cast<Fts5Tokenizer*>(&nothing);
    return SQLITE_OK;
}

void delete_tokenizer(Fts5Tokenizer*) {}

using TokenSink = int (*)(void*, int, const char*, int, int, int);

int cut_at_spaces(Fts5Tokenizer*, void* context, int, const char* text, int size, TokenSink sink) {
    int begin = 0;
    while (begin < size) {
        const char* space = std::find(text + begin, text + size, ' ');
        const int end = static_cast<int>(space - text);
        if (end > begin) {
            const int code = sink(context, 0, text + begin, end - begin, begin, end);
            if (code != SQLITE_OK) {
                return code;
            }
        }
        begin = end + 1;
    }
    return SQLITE_OK;
}

/// What BM25 needs of a query; made once for each.
struct QueryWeights {
    std::vector<double> idf;
    std::vector<int> frequencies;
    double average_size = 1;
};

int count_row(const Fts5ExtensionApi*, Fts5Context*, void* counter) {
    ++*static_cast<sqlite3_int64*>(counter);
    return SQLITE_OK;
}

int weigh(const Fts5ExtensionApi* api, Fts5Context* fts, int phrases, QueryWeights& weights) {
    sqlite3_int64 rows = 0;
    sqlite3_int64 tokens = 0;
    int code = api->xRowCount(fts, &rows);
    if (code == SQLITE_OK) {
        code = api->xColumnTotalSize(fts, -1, &tokens);
    }
    if (code != SQLITE_OK) {
        return code;
    }
    weights.average_size = std::max(
        1e-9, static_cast<double>(tokens) / static_cast<double>(std::max<sqlite3_int64>(rows, 1)));
    for (int i = 0; i < phrases && code == SQLITE_OK; ++i) {
        sqlite3_int64 hits = 0;
        code = api->xQueryPhrase(fts, i, &hits, &count_row);
        const double rare = static_cast<double>(rows - hits) + 0.5;
        weights.idf.push_back(std::log(1 + rare / (static_cast<double>(hits) + 0.5)));
    }
    weights.frequencies.resize(weights.idf.size());
    return code;
}

void delete_weights(void* weights) {
    delete static_cast<QueryWeights*>(weights);
}

int score(const Fts5ExtensionApi* api, Fts5Context* fts, int phrases, double& result) {
    auto* weights = static_cast<QueryWeights*>(api->xGetAuxdata(fts, 0));
    if (weights == nullptr) {
        auto made = std::make_unique<QueryWeights>();
        int code = weigh(api, fts, std::min(phrases, api->xPhraseCount(fts)), *made);
        if (code == SQLITE_OK) {
            weights = made.release();
            code = api->xSetAuxdata(fts, weights, &delete_weights);
        }
        if (code != SQLITE_OK) {
            return code;
        }
    }
    int size = 0;
    int instances = 0;
    int code = api->xColumnSize(fts, -1, &size);
    if (code == SQLITE_OK) {
        code = api->xInstCount(fts, &instances);
    }
    std::fill(weights->frequencies.begin(), weights->frequencies.end(), 0);
    for (int i = 0; i < instances && code == SQLITE_OK; ++i) {
        int phrase = 0;
        int column = 0;
        int offset = 0;
        code = api->xInst(fts, i, &phrase, &column, &offset);
        if (phrase < static_cast<int>(weights->frequencies.size())) {
            ++weights->frequencies[static_cast<std::size_t>(phrase)];
        }
    }
    const double norm = bm25_k1 * (1 - bm25_b + bm25_b * size / weights->average_size);
    result = 0;
    for (std::size_t i = 0; i < weights->idf.size(); ++i) {
        const double frequency = weights->frequencies[i];
        result += weights->idf[i] * frequency * (bm25_k1 + 1) / (frequency + norm);
    }
    return code;
}

void rank(const Fts5ExtensionApi* api, Fts5Context* fts, sqlite3_context* context, int count,
          sqlite3_value** arguments) {
    try {
        double result = 0;
        const int phrases = count > 0 ? sqlite3_value_int(arguments[0]) : 0;
        const int code = score(api, fts, phrases, result);
        if (code == SQLITE_OK) {
            sqlite3_result_double(context, result);
        } else {
            sqlite3_result_error_code(context, code);
        }
    } catch (const std::exception&) {
        sqlite3_result_error_nomem(context);
    }
}

/// FTS5's extension interface, as its documentation (sqlite.org/fts5.html, section 7) obtains it.
fts5_api* find_fts5(sqlite3* database) {
    fts5_api* api = nullptr;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return api;
}

}  // namespace

void register_functions(sqlite3* database) {
    fts5_api* api = find_fts5(database);
    fts5_tokenizer tokenizer{&create_tokenizer, &delete_tokenizer, &cut_at_spaces};
    if (api == nullptr ||
        api->xCreateTokenizer(api, "rag_terms", nullptr, &tokenizer, nullptr) != SQLITE_OK ||
        api->xCreateFunction(api, "rag_bm25", nullptr, &rank, nullptr) != SQLITE_OK) {
        throw Error(ErrorCode::internal, "This SQLite lacks FTS5; build it with FTS5.");
    }
    constexpr int encoding = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int code = sqlite3_create_function_v2(database, "rag_matches", 3, encoding, nullptr,
                                          &match_filter, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) {
        code = sqlite3_create_function_v2(database, "rag_time", 1, encoding, nullptr, &read_time,
                                          nullptr, nullptr, nullptr);
    }
    if (code != SQLITE_OK) {
        throw_sqlite_error(database, code);
    }
}

}  // namespace rag::storage
