#include "store/sqlite/documents.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"
#include "store/document_rules.hpp"
#include "store/sqlite/sqlite_error.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim::sqlite {

Result<std::uint64_t> Documents::put(std::string_view collection, std::string_view key, ByteView value,
                                     std::optional<std::uint64_t> expected) {
    CIM_TRY(check_document(collection, key, value.size()));
    return change({collection, key, value, expected});
}

Result<bool> Documents::remove(std::string_view collection, std::string_view key,
                               std::optional<std::uint64_t> expected) {
    CIM_TRY(check_document_name(collection, key));
    CIM_TRY_ASSIGN(const auto removed, change({collection, key, std::nullopt, expected}));
    return removed != 0;
}

Result<std::optional<Document>> Documents::get(std::string_view collection, std::string_view key) {
    CIM_TRY(check_document_name(collection, key));
    CIM_TRY_ASSIGN(const auto reader, shared_.readers.lease());
    return reader->document(collection, key);
}

Result<std::vector<DocumentInfo>> Documents::list(std::string_view collection, std::string_view after_key,
                                                  std::size_t limit) {
    CIM_TRY(check_document_list(collection, after_key, limit));
    CIM_TRY_ASSIGN(const auto reader, shared_.readers.lease());
    return reader->documents(collection, after_key, limit);
}

Result<std::uint64_t> Documents::change(const Change& change) {
    if (!writer_)
        return fail(Errc::store_read_only, fmt::format("store '{}' was opened for reading only", printable(path_)),
                    "open it for writing", {{"path", path_}});
    std::optional<Result<std::uint64_t>> outcome;
    queue_.run_alone([&] {
        if (shared_.only) {
            const auto alone = shared_.readers.lease();
            outcome = try_change(change);
        } else {
            outcome = try_change(change);
        }
    });
    return *std::move(outcome);
}

Result<std::uint64_t> Documents::try_change(const Change& change) {
    if (writer_->failure()) return fail(writer_->refusal());
    CIM_TRY(prepare());
    CIM_TRY(begin_.run());
    auto revision = write(change);
    if (revision) {
        auto committed = commit_.run();
        if (committed) return revision;
        revision = fail(std::move(committed).error());
    }
    if (connection_->in_transaction()) (void)connection_->run("ROLLBACK");
    if (ends_writing(revision.error())) writer_->stop(revision.error());
    return revision;
}

Result<std::uint64_t> Documents::write(const Change& change) {
    std::uint64_t actual = 0;
    {
        const Running running(find_);
        CIM_TRY_ASSIGN(const bool found, find_.bind(1, change.collection).bind(2, change.key).step());
        if (found) actual = static_cast<std::uint64_t>(find_.integer(0));
    }
    if (change.expected && *change.expected != actual)
        return fail(document_conflict(change.collection, change.key, *change.expected, actual));
    if (!change.value) {
        if (actual != 0) CIM_TRY(remove_.bind(1, actual).run());
        return actual;
    }
    const Running running(put_);
    put_.bind(1, change.collection).bind(2, change.key).bind(3, to_micros(system_clock().now())).bind(4, *change.value);
    CIM_TRY_ASSIGN(const bool row, put_.step());
    return row ? static_cast<std::uint64_t>(put_.integer(0)) : 0;
}

Result<> Documents::prepare() {
    if (remove_) return {};
    const std::pair<Statement*, std::string_view> statements[] = {
        {&begin_, "BEGIN IMMEDIATE"},
        {&commit_, "COMMIT"},
        {&find_, "SELECT revision FROM documents WHERE collection = ?1 AND key = ?2"},
        {&put_,
         "INSERT INTO documents (collection, key, written_at, value) VALUES (?1, ?2, ?3, ?4) RETURNING revision"},
        {&remove_, "DELETE FROM documents WHERE revision = ?1"},
    };
    for (const auto& [statement, sql] : statements) {
        CIM_TRY_ASSIGN(*statement, connection_->prepare(sql));
    }
    return {};
}

} // namespace cim::sqlite
