// Documents in a key-value bucket beside the stream, which NATS's own tools can read: docs/formats/nats.md.
//
// A value that fits into a message is one; a larger one lies in parts of its own, and the document's message, which
// comes last, names them. So a reader sees the old value or the new one whole.
#pragma once

#include <cim/document_store.hpp>

#include "store/jetstream/session.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cim::jetstream {

class Documents final : public DocumentStore {
  public:
    explicit Documents(std::shared_ptr<Session> session);
    Result<std::uint64_t> put(std::string_view collection, std::string_view key, ByteView value,
                              std::optional<std::uint64_t> expected) override;
    Result<std::optional<Document>> get(std::string_view collection, std::string_view key) override;
    Result<bool> remove(std::string_view collection, std::string_view key,
                        std::optional<std::uint64_t> expected) override;
    Result<std::vector<DocumentInfo>> list(std::string_view collection, std::string_view after_key,
                                           std::size_t limit) override;

  private:
    // What stands under a key: a document, or the mark of one that was removed.
    struct Standing {
        std::uint64_t revision = 0; // 0: nothing ever did
        bool removed = false;
        KeptMessage message;
        [[nodiscard]] bool exists() const noexcept { return revision > 0 && !removed; }
    };
    [[nodiscard]] std::string subject(std::string_view collection, std::string_view key) const;
    [[nodiscard]] Result<Standing> standing(const std::string& subject);
    [[nodiscard]] Result<> check_writable() const;
    [[nodiscard]] Result<> make_bucket();
    [[nodiscard]] Result<std::optional<std::uint64_t>> replace(const std::string& subject, const Standing& before,
                                                               Headers headers, std::string_view data);
    [[nodiscard]] Result<> send_part(const std::string& subject, std::string_view data);
    [[nodiscard]] Result<std::optional<Bytes>> read_parts(std::string_view id, std::size_t parts, std::size_t size);
    void drop_parts(const Standing& before);
    [[nodiscard]] std::size_t part_size() const;

    const std::shared_ptr<Session> session_;
    const std::string bucket_;
    const std::string stream_;
    std::atomic<bool> made_{false}; // the bucket is known to be there
};

} // namespace cim::jetstream
