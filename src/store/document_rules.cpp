#include "store/document_rules.hpp"

#include "base/printable.hpp"
#include "base/try.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cim {

namespace {

bool is_allowed(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '=' ||
           c == '.' || c == '-';
}

// The strictest of what the stores behind can keep: a key of a NATS bucket, a file name.
std::string_view reason_against(std::string_view name) noexcept {
    if (name.empty()) return "it is empty";
    if (name.size() > DocumentStore::max_name) return "it has more than 200 bytes";
    if (!std::ranges::all_of(name, is_allowed)) return "it has a character other than A-Z a-z 0-9 _ = . -";
    if (name.starts_with('.') || name.ends_with('.')) return "it starts or ends with a dot";
    if (name.find("..") != std::string_view::npos) return "it has two dots in a row";
    return {};
}

Result<> check_name(std::string_view name, std::string_view what) {
    const auto reason = reason_against(name);
    if (reason.empty()) return {};
    return fail(Errc::invalid_argument,
                fmt::format("'{}' cannot be the name of a {}: {}", printable(name), what, reason),
                "use letters, digits and _ = . -", {{"name", std::string(what)}, {"value", std::string(name)}});
}

std::string describe(std::uint64_t revision) {
    return revision == 0 ? "no such document" : fmt::format("revision {}", revision);
}

} // namespace

Result<> check_document_name(std::string_view collection, std::string_view key) {
    CIM_TRY(check_name(collection, "collection"));
    return check_name(key, "document");
}

Result<> check_document_list(std::string_view collection, std::string_view after_key, std::size_t limit) {
    CIM_TRY(check_name(collection, "collection"));
    if (!after_key.empty()) CIM_TRY(check_name(after_key, "document"));
    if (limit >= 1 && limit <= DocumentStore::max_page) return {};
    return fail(Errc::invalid_argument,
                fmt::format("a page of {} documents: it must be 1 to {}", limit, DocumentStore::max_page), {},
                {{"name", "limit"}, {"value", std::to_string(limit)}});
}

Result<> check_document(std::string_view collection, std::string_view key, std::size_t size) {
    CIM_TRY(check_document_name(collection, key));
    if (size <= DocumentStore::max_size) return {};
    return fail(Errc::limit_exceeded,
                fmt::format("document '{}/{}' has {} bytes, and {} are the most", collection, key, size,
                            DocumentStore::max_size),
                "keep large values in files, and their CID here",
                {{"limit", std::to_string(DocumentStore::max_size)}, {"needed", std::to_string(size)}});
}

Error document_conflict(std::string_view collection, std::string_view key, std::uint64_t expected,
                        std::uint64_t actual) {
    return Error(Errc::conflict,
                 fmt::format("document '{}/{}' does not stand where it was expected: there is {}, expected was {}",
                             collection, key, describe(actual), describe(expected)),
                 "read it again, then decide again",
                 {{"collection", std::string(collection)},
                  {"key", std::string(key)},
                  {"expected", std::to_string(expected)},
                  {"actual", std::to_string(actual)}});
}

} // namespace cim
