#include "line_reader.hpp"

#include "base/try.hpp"

#include <fmt/format.h>

#include <utility>

namespace cim::importer {
namespace {

constexpr std::size_t chunk_size = 256 * 1024;

} // namespace

LineReader::LineReader(std::istream& in, std::string source) : in_(&in), source_(std::move(source)) {}

Result<bool> LineReader::next() {
    while (true) {
        CIM_TRY_ASSIGN(const bool found, read_line());
        if (!found || line_.find_first_not_of(" \t\r") != std::string_view::npos) return found;
    }
}

Result<bool> LineReader::read_line() {
    std::size_t searched = 0;
    std::size_t end = std::string::npos;
    bool at_end = false;
    while ((end = buffer_.find('\n', begin_ + searched)) == std::string::npos && !at_end) {
        buffer_.erase(0, std::exchange(begin_, 0));
        searched = buffer_.size();
        if (searched > max_line) {
            return fail(
                Errc::limit_exceeded,
                fmt::format("{}:{}: the line is longer than {} bytes", source_, number_ + 1, max_line),
                "see that each event stands on a line of its own",
                {{"source", source_}, {"line", std::to_string(number_ + 1)}, {"limit", std::to_string(max_line)}});
        }
        buffer_.resize(searched + chunk_size);
        in_->read(buffer_.data() + searched, chunk_size);
        buffer_.resize(searched + static_cast<std::size_t>(in_->gcount()));
        if (in_->bad()) return fail(Errc::io_error, fmt::format("cannot read {}", source_), {}, {{"source", source_}});
        at_end = in_->eof();
    }
    if (end == std::string::npos) end = buffer_.size();
    if (begin_ == end && end == buffer_.size()) return false;
    line_ = std::string_view(buffer_).substr(begin_, end - begin_);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    begin_ = std::min(end + 1, buffer_.size());
    ++number_;
    return true;
}

} // namespace cim::importer
