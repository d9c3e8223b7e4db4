#include "index/model.hpp"
#include "rag/error.hpp"

#include <algorithm>

namespace rag::index_test {

void ModelSource::check() const {
    if (down_) {
        throw Error(ErrorCode::unavailable, "The model database is down.");
    }
}

void ModelSource::put(IndexedDocument document) {
    const std::scoped_lock lock(mutex_);
    feed_.push_back({ChangeKind::document_changed, document.collections.front(), document.id});
    documents_[document.id] = std::move(document);
}

void ModelSource::erase(DocumentId id) {
    const std::scoped_lock lock(mutex_);
    if (documents_.erase(id) > 0) {
        feed_.push_back({ChangeKind::document_deleted, 0, id});
    }
}

void ModelSource::add_collection(CollectionId id, int dimensions) {
    const std::scoped_lock lock(mutex_);
    collections_[id] = dimensions;
    feed_.push_back({ChangeKind::collection_changed, id, 0});
}

void ModelSource::erase_collection(CollectionId id) {
    const std::scoped_lock lock(mutex_);
    collections_.erase(id);
    for (auto at = documents_.begin(); at != documents_.end();) {
        std::erase(at->second.collections, id);
        if (at->second.collections.empty()) {
            feed_.push_back({ChangeKind::document_deleted, id, at->first});
            at = documents_.erase(at);
        } else {
            ++at;
        }
    }
    feed_.push_back({ChangeKind::collection_changed, id, 0});
}

void ModelSource::renew_epoch() {
    const std::scoped_lock lock(mutex_);
    ++epoch_;
    feed_.clear();
    feed_.push_back({ChangeKind::collection_changed, 0, 0});
}

void ModelSource::hold_feed(bool held) {
    const std::scoped_lock lock(mutex_);
    held_at_ = held ? feed_.size() : SIZE_MAX;
}

std::vector<IndexedDocument> ModelSource::documents() const {
    const std::scoped_lock lock(mutex_);
    std::vector<IndexedDocument> all;
    for (const auto& [id, document] : documents_) {
        all.push_back(document);
    }
    return all;
}

std::string ModelSource::identity(const CallContext& /*context*/) {
    check();
    return identity_;
}

FeedPosition ModelSource::feed_end(const CallContext& /*context*/) {
    check();
    const std::scoped_lock lock(mutex_);
    return {std::to_string(epoch_), static_cast<std::int64_t>(std::min(held_at_, feed_.size()))};
}

ChangeBatch ModelSource::read_changes(const CallContext& /*context*/, const FeedPosition& from,
                                      std::int64_t limit) {
    check();
    if (meanwhile) {
        meanwhile();
    }
    const std::scoped_lock lock(mutex_);
    ChangeBatch batch;
    batch.next = from;
    const std::size_t end = std::min(held_at_, feed_.size());
    const auto begin = static_cast<std::size_t>(from.position);
    if (from.epoch != std::to_string(epoch_) || begin > feed_.size()) {
        batch.rebuild = true;
        return batch;
    }
    for (std::size_t i = begin; i < end && static_cast<std::int64_t>(i - begin) < limit; ++i) {
        batch.changes.push_back(feed_[i]);
        batch.next.position = static_cast<std::int64_t>(i) + 1;
    }
    seen_ = static_cast<std::size_t>(batch.next.position);
    return batch;
}

std::vector<Collection> ModelSource::list_collections(const CallContext& /*context*/) {
    check();
    const std::scoped_lock lock(mutex_);
    std::vector<Collection> collections;
    for (const auto& [id, dimensions] : collections_) {
        Collection collection;
        collection.id = id;
        collection.name = "c" + std::to_string(id);
        collection.space = {"model/test", dimensions};
        for (const auto& [document_id, document] : documents_) {
            if (std::count(document.collections.begin(), document.collections.end(), id) > 0) {
                ++collection.document_count;
                collection.chunk_count += static_cast<std::int64_t>(document.chunks.size());
            }
        }
        collections.push_back(collection);
    }
    return collections;
}

std::vector<IndexedDocument> ModelSource::read_documents(const CallContext& /*context*/,
                                                         DocumentId after, std::size_t chunks_max) {
    check();
    ++batches_read;
    const std::scoped_lock lock(mutex_);
    std::vector<IndexedDocument> documents;
    std::size_t chunks = 0;
    for (auto at = documents_.upper_bound(after); at != documents_.end() && chunks < chunks_max;
         ++at) {
        chunks += at->second.chunks.size();
        documents.push_back(at->second);
    }
    return documents;
}

std::optional<IndexedDocument> ModelSource::read_document(const CallContext& /*context*/,
                                                          DocumentId id) {
    check();
    ++documents_read;
    const std::scoped_lock lock(mutex_);
    const auto found = documents_.find(id);
    return found == documents_.end() ? std::nullopt : std::optional(found->second);
}

bool ModelSource::may_have_changed(const CallContext& /*context*/) {
    check();
    const std::scoped_lock lock(mutex_);
    return immediate_ && seen_ != feed_.size();
}

}  // namespace rag::index_test
