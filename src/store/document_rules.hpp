// What every DocumentStore refuses, and in which words.
#pragma once

#include <cim/document_store.hpp>

namespace cim {

/// Checks the names of a collection and of a document in it.
[[nodiscard]] Result<> check_document_name(std::string_view collection, std::string_view key);
/// Checks what list() is asked for. An empty `after_key` is fine: the start.
[[nodiscard]] Result<> check_document_list(std::string_view collection, std::string_view after_key, std::size_t limit);
/// Checks what put() is given.
[[nodiscard]] Result<> check_document(std::string_view collection, std::string_view key, std::size_t size);

/// The document has another revision than expected; 0 is "does not exist".
[[nodiscard]] Error document_conflict(std::string_view collection, std::string_view key, std::uint64_t expected,
                                      std::uint64_t actual);

} // namespace cim
