#include "capi/handles.hpp"

namespace cim::capi {
namespace {

// What a thread failed with last. Without memory there is no Error, only its code.
struct LastError {
    cim_code code = CIM_OK;
    std::optional<Error> error;
};
LastError& last() noexcept {
    static thread_local LastError error;
    return error;
}

} // namespace

cim_code failed(Error error) noexcept {
    auto& kept = last();
    kept.code = static_cast<cim_code>(error.code);
    kept.error.emplace(std::move(error));
    return kept.code;
}

cim_code failed_without_memory() noexcept {
    auto& kept = last();
    kept.error.reset();
    return kept.code = CIM_OUT_OF_MEMORY;
}

cim_code failed_inside(const char* what) noexcept {
    try {
        failed(Error(Errc::unsupported, std::string("a defect of cim: ") + what, "report it, with what led to it"));
    } catch (...) {
        last().error.reset();
    }
    return last().code = CIM_INTERNAL;
}

std::unexpected<Error> bad_argument(std::string_view name, std::string_view why) {
    std::string message = "the argument '";
    message.append(name).append("' cannot be used: ").append(why);
    return fail(Errc::invalid_argument, std::move(message), {}, {{"name", std::string(name)}});
}

Result<> check_text(cim_text text, std::string_view name) {
    if (text.data == nullptr && text.size != 0) return bad_argument(name, "it is NULL and has a size");
    return {};
}
Result<> check_bytes(cim_bytes bytes, std::string_view name) {
    if (bytes.data == nullptr && bytes.size != 0) return bad_argument(name, "it is NULL and has a size");
    return {};
}

void write(const std::optional<Cid>& cid, cim_cid& out) noexcept {
    std::memset(out.text, 0, sizeof out.text);
    if (!cid) return;
    const auto text = cid->to_string(); // of ours: 59 characters
    std::memcpy(out.text, text.data(), std::min(text.size(), sizeof out.text - 1));
}

Result<ExpectedHead> expected_head(const cim_text* expected) {
    if (expected == nullptr) return ExpectedHead::any();
    if (auto checked = check_text(*expected, "expected"); !checked) return fail(std::move(checked).error());
    if (expected->size == 0) return ExpectedHead::none();
    auto cid = Cid::parse(view(*expected));
    if (!cid) return fail(std::move(cid).error());
    return ExpectedHead::at(*std::move(cid));
}

} // namespace cim::capi

using namespace cim; // NOLINT(google-build-using-namespace): these entries are C and lie in no namespace
using namespace cim::capi;

extern "C" {

uint32_t cim_abi_version(void) noexcept { return CIM_ABI_VERSION; }
const char* cim_version(void) noexcept { return CIM_VERSION_TEXT; }

const char* cim_code_name(cim_code code) noexcept {
    switch (code) {
    case CIM_OK: return "ok";
    case CIM_OUT_OF_MEMORY: return "out_of_memory";
    case CIM_INTERNAL: return "internal";
    default: break;
    }
    // The names are literals, which end in a 0.
    return to_string(static_cast<Errc>(code)).data();
}

cim_code cim_last_error(cim_error* error) noexcept {
    if (error == nullptr || error->struct_size < sizeof(cim_error)) return CIM_INVALID_ARGUMENT;
    const auto& kept = last();
    cim_error out{.struct_size = 0, .code = kept.code, .message = {}, .advice = {}};
    if (kept.error) {
        out.message = text(kept.error->message);
        out.advice = text(kept.error->advice);
    } else if (kept.code == CIM_OUT_OF_MEMORY) {
        out.message = text("there is no memory left");
    }
    write_struct(error, out);
    return CIM_OK;
}

cim_code cim_last_error_field(cim_text name, cim_text* value) noexcept {
    if (value == nullptr || (name.data == nullptr && name.size != 0)) return CIM_INVALID_ARGUMENT;
    const auto& kept = last();
    const auto field = kept.error ? kept.error->field(view(name)) : std::nullopt;
    if (!field) return CIM_NOT_FOUND;
    *value = text(*field);
    return CIM_OK;
}
}
