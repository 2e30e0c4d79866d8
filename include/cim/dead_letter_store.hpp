// Dead letters that survive a restart: kept as documents beside an event log.
//
// Each letter is one document of a collection, in the form of docs/formats/dead-letter.md, under a key that follows
// from what does not change of it: saving it again replaces it. A program saves its queue now and then and before it
// ends, and loads it when it begins; `cim dlq` looks at what is there.
//
// Threads: may be used by several at once. The document store must outlive it.
#pragma once

#include <cim/dead_letter_queue.hpp>
#include <cim/document_store.hpp>
#include <cim/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

class DeadLetterStore {
  public:
    static constexpr std::string_view default_collection = "dead-letters";

    explicit DeadLetterStore(DocumentStore& documents, std::string collection = std::string(default_collection));

    struct Stored {
        std::string key; ///< Sorts by first failure.
        DeadLetter letter;
    };

    /// Keeps a letter; its key comes back. Errors: those of DocumentStore::put.
    [[nodiscard]] Result<std::string> save(const DeadLetter& letter);
    /// Keeps all letters of a queue and removes those that were kept before and are not in it any more: afterwards the
    /// store holds what the queue did. Returns how many it holds.
    [[nodiscard]] Result<std::size_t> save(DeadLetterQueue& queue);
    /// Adds all that are kept to a queue, oldest first; returns how many. They stay in the store until the next save.
    [[nodiscard]] Result<std::size_t> load(DeadLetterQueue& queue);

    /// The letters that are meant, oldest first; DeadLetterFilter::id means nothing here. Errors: store_corrupt with
    /// field `key` for a document that is no dead letter.
    [[nodiscard]] Result<std::vector<Stored>> list(const DeadLetterFilter& filter = {}, std::size_t limit = 1000);
    /// Errors: not_found, store_corrupt.
    [[nodiscard]] Result<Stored> get(std::string_view key);
    /// False if there is none of that key.
    [[nodiscard]] Result<bool> remove(std::string_view key);

  private:
    Result<> for_each(const std::function<Result<bool>(const std::string& key)>& visit);
    DocumentStore& documents_;
    std::string collection_;
};

} // namespace cim
