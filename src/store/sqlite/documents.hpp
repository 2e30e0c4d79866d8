// Documents in an SQLite database: the rows, for one connection, and the DocumentStore made of them.
#pragma once

#include <cim/document_store.hpp>

#include "store/sqlite/append_queue.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/feed.hpp"
#include "store/sqlite/statement.hpp"
#include "store/sqlite/writer.hpp"

#include <string>

namespace cim::sqlite {

/// The DocumentStore of a store; made of its parts, which must live longer. Puts take their turn among the appends, so
/// that one connection writes and the other processes see one writer.
class Documents final : public DocumentStore {
  public:
    /// `connection` and `writer`: nullptr where the store is read-only.
    Documents(std::string path, Shared& shared, AppendQueue& queue, Connection* connection, Writer* writer)
        : path_(std::move(path)), shared_(shared), queue_(queue), connection_(connection), writer_(writer) {}

    [[nodiscard]] Result<std::uint64_t> put(std::string_view collection, std::string_view key, ByteView value,
                                            std::optional<std::uint64_t> expected) override;
    [[nodiscard]] Result<std::optional<Document>> get(std::string_view collection, std::string_view key) override;
    [[nodiscard]] Result<bool> remove(std::string_view collection, std::string_view key,
                                      std::optional<std::uint64_t> expected) override;
    [[nodiscard]] Result<std::vector<DocumentInfo>> list(std::string_view collection, std::string_view after_key,
                                                         std::size_t limit) override;

  private:
    struct Change {
        std::string_view collection;
        std::string_view key;
        std::optional<ByteView> value; // nullopt: remove
        std::optional<std::uint64_t> expected;
    };
    /// Gives the revision: of the new document, or of the one removed (0: there was none).
    [[nodiscard]] Result<std::uint64_t> change(const Change& change);
    [[nodiscard]] Result<std::uint64_t> try_change(const Change& change);
    [[nodiscard]] Result<std::uint64_t> write(const Change& change);
    [[nodiscard]] Result<> prepare();

    // Constant after construction.
    const std::string path_;
    Shared& shared_;
    AppendQueue& queue_;
    Connection* const connection_;
    Writer* const writer_;

    // Used by the thread that leads the queue.
    Statement begin_, commit_, find_, put_, remove_;
};

} // namespace cim::sqlite
