// A DocumentStore in memory, for stores that tests make up. Thread-safe. Puts can be made to fail.
#pragma once

#include <cim/document_store.hpp>

#include "store/document_rules.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace cim::test {

class MemoryDocuments final : public DocumentStore {
  public:
    Result<std::uint64_t> put(std::string_view collection, std::string_view key, ByteView value,
                              std::optional<std::uint64_t> expected = {}) override {
        if (auto valid = check_document(collection, key, value.size()); !valid) return fail(valid.error());
        const std::scoped_lock lock(mutex_);
        if (fault)
            if (auto error = fault()) return fail(*std::move(error));
        auto& document = documents_[{std::string(collection), std::string(key)}];
        if (expected && *expected != document.revision)
            return fail(document_conflict(collection, key, *expected, document.revision));
        document = {std::string(key), Bytes(value.begin(), value.end()), ++revision_, from_micros(0)};
        return revision_;
    }
    Result<std::optional<Document>> get(std::string_view collection, std::string_view key) override {
        if (auto valid = check_document_name(collection, key); !valid) return fail(valid.error());
        const std::scoped_lock lock(mutex_);
        const auto found = documents_.find({std::string(collection), std::string(key)});
        if (found == documents_.end() || found->second.revision == 0) return std::nullopt;
        return found->second;
    }
    Result<bool> remove(std::string_view collection, std::string_view key, std::optional<std::uint64_t>) override {
        const std::scoped_lock lock(mutex_);
        return documents_.erase({std::string(collection), std::string(key)}) != 0;
    }
    Result<std::vector<DocumentInfo>> list(std::string_view collection, std::string_view after_key,
                                           std::size_t limit) override {
        const std::scoped_lock lock(mutex_);
        std::vector<DocumentInfo> found;
        for (auto at = documents_.upper_bound({std::string(collection), std::string(after_key)});
             at != documents_.end() && at->first.first == collection && found.size() < limit; ++at)
            found.push_back({at->second.key, at->second.value.size(), at->second.revision, at->second.written_at});
        return found;
    }

    /// Asked before each put; an error is what the put gives. Set it before other threads start.
    std::function<std::optional<Error>()> fault;

  private:
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Document> documents_; // revision 0: asked for, never put
    std::uint64_t revision_ = 0;
};

} // namespace cim::test
