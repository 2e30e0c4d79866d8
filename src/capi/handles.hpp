// What the entries of the C ABI share: handles that know their kind, codes and messages out of Results, structs that
// may grow, and a wall that no exception passes.
#pragma once

#include <cim/cid.hpp>
#include <cim/cim.h>
#include <cim/error.hpp>
#include <cim/event_bridge.hpp>
#include <cim/event_store.hpp>
#include <cim/event_stream.hpp>
#include <cim/graph_model.hpp>
#include <cim/graph_parts.hpp>
#include <cim/subscription.hpp>
#include <cim/transaction.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cim::capi {

/// First in every handle, so that another pointer than was meant is told of rather than followed.
enum class Kind : std::uint32_t {
    closed = 0,
    store = 0x63730001,
    transaction,
    slice,
    events,
    subscriptions,
    parts,
    bridge,
    model,
};

template <Kind K> struct Handle {
    static constexpr Kind expected = K;
    Kind kind = K;
    Handle() = default;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { *const_cast<volatile Kind*>(&kind) = Kind::closed; }
};

} // namespace cim::capi

struct cim_store : cim::capi::Handle<cim::capi::Kind::store> {
    std::unique_ptr<cim::EventStore> store;
};
struct cim_transaction : cim::capi::Handle<cim::capi::Kind::transaction> {
    explicit cim_transaction(cim::Transaction t) : transaction(std::move(t)) {}
    cim::Transaction transaction;
};
struct cim_slice : cim::capi::Handle<cim::capi::Kind::slice> {
    cim::EventStreamTransaction slice;
    std::string json;
};
struct cim_events : cim::capi::Handle<cim::capi::Kind::events> {
    explicit cim_events(cim::EventStore& store) : service(store) {}
    cim::EventStreamService service;
};
struct cim_subscriptions : cim::capi::Handle<cim::capi::Kind::subscriptions> {
    explicit cim_subscriptions(cim::EventStore& store) : manager(store) {}
    cim::SubscriptionManager manager;
};
struct cim_parts : cim::capi::Handle<cim::capi::Kind::parts> {
    cim::GraphParts parts;
};
struct cim_model : cim::capi::Handle<cim::capi::Kind::model> {
    const cim::GraphModel* model = nullptr;
};
struct cim_bridge : cim::capi::Handle<cim::capi::Kind::bridge> {
    explicit cim_bridge(cim::EventBridge b) : bridge(std::move(b)) {}
    cim::EventBridge bridge;
    cim_model shown;
    cim_model live;
    // The frame that was pumped last, and how far it was read.
    cim::Frame frame;
    std::size_t mutations_read = 0;
    std::size_t outcomes_read = 0;
    std::size_t changes_read[6] = {};
    std::vector<std::vector<cim_text>> ids; // of the mutations that were given last
    std::string status_message;
};

namespace cim::capi {

/// Keeps it for cim_last_error() and gives its code.
cim_code failed(Error error) noexcept;
cim_code failed_without_memory() noexcept;
cim_code failed_inside(const char* what) noexcept;

/// Runs an entry: a function that gives a Result<>.
template <class Entry> cim_code run(Entry entry) noexcept {
    try {
        Result<> result = entry();
        return result ? CIM_OK : failed(std::move(result).error());
    } catch (const std::bad_alloc&) {
        return failed_without_memory();
    } catch (const std::exception& error) {
        return failed_inside(error.what());
    } catch (...) {
        return failed_inside("an exception of no known kind");
    }
}

std::unexpected<Error> bad_argument(std::string_view name, std::string_view why);

/// A handle that is there and of its kind.
template <class H> Result<> check(const H* handle, std::string_view name) {
    if (handle == nullptr) return bad_argument(name, "it is NULL");
    if (handle->kind != H::expected) return bad_argument(name, "it is no open handle of that kind");
    return {};
}
template <class P> Result<> check_out(P* out, std::string_view name) {
    if (out == nullptr) return bad_argument(name, "it is NULL");
    return {};
}

[[nodiscard]] Result<> check_text(cim_text text, std::string_view name);
[[nodiscard]] Result<> check_bytes(cim_bytes bytes, std::string_view name);
[[nodiscard]] inline std::string_view view(cim_text text) noexcept { return {text.data, text.size}; }
[[nodiscard]] inline ByteView view(cim_bytes bytes) noexcept {
    return {reinterpret_cast<const std::byte*>(bytes.data), bytes.size};
}
[[nodiscard]] inline cim_text text(std::string_view text) noexcept { return {text.data(), text.size()}; }
[[nodiscard]] inline cim_bytes bytes(ByteView bytes) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}
void write(const std::optional<Cid>& cid, cim_cid& out) noexcept;

/// The size that the caller gave its struct: that of the first version at least.
template <class S> Result<> check_size(const S* given, std::string_view name) {
    if (given == nullptr) return bad_argument(name, "it is NULL");
    if (given->struct_size < sizeof(S)) return bad_argument(name, "its struct_size is that of no version");
    return {};
}
/// The caller's options, or the defaults.
template <class S> Result<S> read_options(const S* given, std::string_view name) {
    S options{};
    if (given == nullptr) return options;
    if (auto checked = check_size(given, name); !checked) return fail(std::move(checked).error());
    std::memcpy(&options, given, sizeof options);
    return options;
}
/// Writes what we have into a caller's struct, which may be longer.
template <class S> void write_struct(S* out, S value) noexcept {
    const auto size = out->struct_size;
    std::memcpy(static_cast<void*>(out), &value, sizeof value);
    if (size > sizeof value) std::memset(reinterpret_cast<std::byte*>(out) + sizeof value, 0, size - sizeof value);
    out->struct_size = size;
}

/// A caller's array of structs that may be longer than ours, whose size stands in the first.
template <class S> class OutArray {
  public:
    static Result<OutArray> of(S* elements, std::size_t capacity, std::size_t* count, std::string_view name) {
        if (count == nullptr) return bad_argument("count", "it is NULL");
        *count = 0;
        if (capacity == 0) return OutArray(elements, 0, sizeof(S));
        if (auto checked = check_size(elements, name); !checked) return fail(std::move(checked).error());
        return OutArray(elements, capacity, elements->struct_size);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    void write(std::size_t at, const S& value) const noexcept {
        auto* out = reinterpret_cast<S*>(reinterpret_cast<std::byte*>(elements_) + at * stride_);
        out->struct_size = static_cast<std::uint32_t>(stride_);
        write_struct(out, value);
    }

  private:
    OutArray(S* elements, std::size_t capacity, std::size_t stride) noexcept
        : elements_(elements), capacity_(capacity), stride_(stride) {}
    S* elements_;
    std::size_t capacity_;
    std::size_t stride_;
};

/// Closes what a handle's address holds.
template <class H> void close(H** handle) noexcept {
    if (handle == nullptr || *handle == nullptr || (*handle)->kind != H::expected) return;
    delete *handle;
    *handle = nullptr;
}

[[nodiscard]] Result<ExpectedHead> expected_head(const cim_text* expected);

} // namespace cim::capi
