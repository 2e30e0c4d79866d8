// Small named values beside the log: where subscribers stand, dead letters, snapshots of graphs.
//
// A document is bytes under a key in a collection, whole and with a revision. A put that was acknowledged is durable,
// and a reader sees the old value or the new one, never a mix. Documents are no part of any chain and prove nothing:
// whoever must be able to trust one puts a CID into it. They are for values of a program's own, not for data that many
// programs change often. An EventStore owns its DocumentStore, see EventStore::documents(); all methods may be called
// from any thread at once, and block until done or until the store's time limit.
#pragma once

#include <cim/bytes.hpp>
#include <cim/error.hpp>
#include <cim/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cim {

struct Document {
    std::string key;
    Bytes value;
    std::uint64_t revision = 0; ///< Of this value; a later put has a greater one, also after a remove().
    Timestamp written_at;
};

/// A document without its value.
struct DocumentInfo {
    std::string key;
    std::uint64_t size = 0; ///< Of the value, in bytes.
    std::uint64_t revision = 0;
    Timestamp written_at;
};

/// Collections need not be made: one is there as long as it has a document. Names of collections and keys are 1 ... 200
/// bytes of A-Z a-z 0-9 _ = . -, without a dot at either end and without "..". Errors of all methods: invalid_argument
/// with fields `name` and `value` for a name that is none, store_unavailable, store_corrupt.
class DocumentStore {
  public:
    static constexpr std::size_t max_size = std::size_t{256} << 20; ///< Bytes of one value.
    static constexpr std::size_t max_name = 200;                    ///< Bytes of a collection's or a document's name.
    static constexpr std::size_t max_page = 10'000;                 ///< Most that list() gives at once.

    DocumentStore() = default;
    DocumentStore(const DocumentStore&) = delete;
    DocumentStore& operator=(const DocumentStore&) = delete;
    virtual ~DocumentStore() = default;

    /// Puts the document there in place of what was, and gives its revision. `expected`: nullopt, whatever is there; 0,
    /// it must not exist; else it must have that revision. Errors: conflict with fields `collection`, `key`, `expected`
    /// and `actual` (0: it does not exist), limit_exceeded for a value above max_size, store_full, store_read_only,
    /// store_busy, io_error, outcome_unknown.
    [[nodiscard]] virtual Result<std::uint64_t> put(std::string_view collection, std::string_view key, ByteView value,
                                                    std::optional<std::uint64_t> expected = {}) = 0;
    /// nullopt if there is none, which is no error.
    [[nodiscard]] virtual Result<std::optional<Document>> get(std::string_view collection, std::string_view key) = 0;
    /// False if there was none, which is no error unless `expected` names a revision. Other errors: as put().
    [[nodiscard]] virtual Result<bool> remove(std::string_view collection, std::string_view key,
                                              std::optional<std::uint64_t> expected = {}) = 0;
    /// The collection's documents with a key after that one, ordered by the bytes of their keys, `limit` (1 ...
    /// max_page) at most. Fewer than `limit` only at the end.
    [[nodiscard]] virtual Result<std::vector<DocumentInfo>>
    list(std::string_view collection, std::string_view after_key = {}, std::size_t limit = 1000) = 0;
};

} // namespace cim
