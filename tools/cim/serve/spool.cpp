#include "spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace cim::serve {
namespace {

Error io_failure(std::string_view what) {
    const int number = errno;
    return Error(number == ENOSPC ? Errc::store_full : Errc::io_error,
                 fmt::format("{} the viewer's temporary file: {}", what, std::strerror(number)),
                 "it lies in TMPDIR, or /tmp, and takes about 100 bytes an event", {{"errno", std::to_string(number)}});
}

} // namespace

Result<std::unique_ptr<Spool>> Spool::create() {
    std::error_code ignored;
    auto path = (std::filesystem::temp_directory_path(ignored) / "cim-view-XXXXXX").string();
    const int file = ::mkostemp(path.data(), O_CLOEXEC);
    if (file < 0) return fail(io_failure("cannot make"));
    ::unlink(path.c_str());
    return std::make_unique<Spool>(file);
}

Spool::~Spool() { ::close(file_); }

Result<> Spool::append(std::string_view line, GlobalSequence last) {
    std::uint64_t offset = 0;
    {
        const std::lock_guard lock(mutex_);
        offset = size_;
    }
    // Readers do not look past size_, so the bytes are written without the lock.
    auto at = static_cast<off_t>(offset);
    for (auto rest = line; !rest.empty();) {
        const auto written = ::pwrite(file_, rest.data(), rest.size(), at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(io_failure("cannot write"));
        rest.remove_prefix(static_cast<std::size_t>(written));
        at += written;
    }
    {
        const std::lock_guard lock(mutex_);
        lines_.push_back({last.value(), offset});
        size_ = offset + line.size();
    }
    grown_.notify_all();
    return {};
}

std::uint64_t Spool::offset_after(GlobalSequence sequence) const {
    const std::lock_guard lock(mutex_);
    const auto line = std::ranges::upper_bound(lines_, sequence.value(), {}, &Line::last);
    return line == lines_.end() ? size_ : line->offset;
}

std::uint64_t Spool::size() const {
    const std::lock_guard lock(mutex_);
    return size_;
}

Result<std::string> Spool::read(std::uint64_t offset, std::size_t most) const {
    const auto end = size();
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(end - std::min(offset, end), most)), '\0');
    std::size_t have = 0;
    while (have < piece.size()) {
        const auto got = ::pread(file_, piece.data() + have, piece.size() - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail(io_failure("cannot read"));
        have += static_cast<std::size_t>(got);
    }
    return piece;
}

void Spool::wait(std::uint64_t offset, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    const auto wakes = wakes_;
    grown_.wait_for(lock, timeout, [&] { return size_ > offset || wakes_ != wakes; });
}

void Spool::wake() {
    {
        const std::lock_guard lock(mutex_);
        ++wakes_;
    }
    grown_.notify_all();
}

} // namespace cim::serve
