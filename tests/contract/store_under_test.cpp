#include "contract/store_under_test.hpp"

#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

namespace rag::contract {
namespace {

NewChunk make_chunk(const std::string& text, std::int64_t start, const Vector& embedding) {
    NewChunk chunk;
    chunk.content = text;
    chunk.char_start = start;
    chunk.char_end = start + count_code_points(text);
    chunk.embedding = embedding;
    return chunk;
}

}  // namespace

void check_promises(const std::vector<Promise>& promises, const MakeStore& make) {
    for (const Promise& promise : promises) {
        INFO("promise: ", std::string(promise.sentence));
        try {
            const std::unique_ptr<StoreUnderTest> tested = make();
            promise.check(*tested);
        } catch (const std::exception& error) {
            FAIL_CHECK("unexpected: ", error.what());
        } catch (...) {
            // A REQUIRE that has reported itself; the other promises are still worth a look.
            continue;
        }
    }
}

EmbeddingSpace test_space() {
    return {"test/four", 4};
}

Vector turned(double turn) {
    const double angle = turn * std::numbers::pi / 2;
    return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)), 0, 0};
}

CollectionId add_collection(Store& store, const std::string& name) {
    return store.create_collection({}, {name, "About " + name, test_space()}).id;
}

NewDocument make_document(CollectionId collection, const std::string& content,
                          const Vector& embedding) {
    NewDocument document;
    document.collection = collection;
    document.identity = "text:" + content;
    document.filename = "Note";
    document.content = content;
    document.file_type = "text";
    document.file_size = static_cast<std::int64_t>(content.size());
    document.content_hash = sha256_hex(content);
    document.chunks = {make_chunk(content, 0, embedding)};
    return document;
}

NewDocument make_long_document(CollectionId collection, const std::string& title,
                               const std::vector<std::string>& texts) {
    std::string content;
    std::vector<NewChunk> chunks;
    for (const std::string& text : texts) {
        chunks.push_back(make_chunk(text, count_code_points(content),
                                    turned(0.1 * static_cast<double>(chunks.size()))));
        content += text;
    }
    NewDocument document = make_document(collection, content);
    document.filename = title;
    document.chunks = std::move(chunks);
    return document;
}

DocumentUpdate make_change(const std::string& content) {
    const NewDocument document = make_document(0, content);
    DocumentUpdate update;
    update.content = {document.content, document.file_size, document.content_hash};
    update.chunks = document.chunks;
    return update;
}

ErrorCode code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    FAIL_CHECK("no Error was thrown");
    return ErrorCode::internal;
}

}  // namespace rag::contract
