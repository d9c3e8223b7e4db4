#pragma once

#include "rag/crawl_frontier.hpp"
#include "rag/error.hpp"
#include "rag/search_index.hpp"
#include "rag/store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rag::contract {

/// An empty store of some kind, with the search that belongs to it.
class StoreUnderTest {
public:
    virtual ~StoreUnderTest() = default;

    virtual Store& store() = 0;
    virtual SearchIndex& index() = 0;
    virtual CrawlFrontier& frontier() = 0;
    /// Puts a document into a further collection without an identity there, as a database that was
    /// taken over may hold it; the ports have no such function.
    virtual void share(DocumentId document, CollectionId collection) = 0;
};

using MakeStore = std::function<std::unique_ptr<StoreUnderTest>()>;

/// One thing that is promised, and how it is checked on an empty store.
struct Promise {
    const char* sentence;
    std::function<void(StoreUnderTest&)> check;
};

/// Checks each promise on a store of its own; a failure names the promise, and the others are
/// checked all the same.
void check_promises(const std::vector<Promise>& promises, const MakeStore& make);

/// The space of what the functions below make.
EmbeddingSpace test_space();

/// A unit vector of the test space that points `turn` (0 to 1) of a right angle away from the
/// first axis.
Vector turned(double turn);

CollectionId add_collection(Store& store, const std::string& name);

/// A document of one chunk of the content, with the identity "text:<content>".
NewDocument make_document(CollectionId collection, const std::string& content,
                          const Vector& embedding = {1, 0, 0, 0});

/// A document of a chunk for each of the texts.
NewDocument make_long_document(CollectionId collection, const std::string& title,
                               const std::vector<std::string>& texts);

/// The change of a document to another content of one chunk.
DocumentUpdate make_change(const std::string& content);

/// The code of the Error that `call` throws; fails when it throws none.
ErrorCode code_of(const std::function<void()>& call);

}  // namespace rag::contract
