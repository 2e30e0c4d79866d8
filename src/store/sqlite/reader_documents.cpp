// What a Reader knows of documents. A file that is opened for reading only may be of version 1, which has none.
#include "base/try.hpp"
#include "store/sqlite/reader.hpp"

namespace cim::sqlite {

namespace {

constexpr std::string_view has_table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'documents'";
constexpr std::string_view one = "SELECT value, revision, written_at FROM documents WHERE collection = ?1 AND key = ?2";
// length() of a blob looks at the row's header only.
constexpr std::string_view after = "SELECT key, length(value), revision, written_at FROM documents "
                                   "WHERE collection = ?1 AND key > ?2 ORDER BY key LIMIT ?3";

} // namespace

Result<bool> Reader::has_documents() {
    if (document_ || documents_) return true;
    CIM_TRY_ASSIGN(auto row, connection_->prepare(has_table));
    return row.step();
}

Result<std::optional<Document>> Reader::document(std::string_view collection, std::string_view key) {
    CIM_TRY_ASSIGN(const bool has, has_documents());
    if (!has) return std::nullopt;
    CIM_TRY_ASSIGN(Statement* const row, statement(document_, one));
    const Running running(*row);
    CIM_TRY_ASSIGN(const bool found, row->bind(1, collection).bind(2, key).step());
    if (!found) return std::nullopt;
    const auto value = row->blob(0);
    return Document{std::string(key), Bytes(value.begin(), value.end()), static_cast<std::uint64_t>(row->integer(1)),
                    from_micros(row->integer(2))};
}

Result<std::vector<DocumentInfo>> Reader::documents(std::string_view collection, std::string_view after_key,
                                                    std::size_t limit) {
    std::vector<DocumentInfo> found;
    CIM_TRY_ASSIGN(const bool has, has_documents());
    if (!has) return found;
    CIM_TRY_ASSIGN(Statement* const row, statement(documents_, after));
    const Running running(*row);
    row->bind(1, collection).bind(2, after_key).bind(3, std::uint64_t{limit});
    while (true) {
        CIM_TRY_ASSIGN(const bool more, row->step());
        if (!more) return found;
        found.push_back({std::string(row->text(0)), static_cast<std::uint64_t>(row->integer(1)),
                         static_cast<std::uint64_t>(row->integer(2)), from_micros(row->integer(3))});
    }
}

} // namespace cim::sqlite
