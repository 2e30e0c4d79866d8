// The graph that a log makes, as of its end or of a moment: read, verified and applied page by page.
#pragma once

#include <cim/graph_projection.hpp>

#include "arguments.hpp"
#include "command.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace cim::cli {

/// Which part of which log to replay, and how events become a graph.
struct GraphArguments {
    std::string aggregate; ///< Empty: all.
    std::string until;     ///< Empty: to the end.
    std::string mapping;   ///< A mapping file; empty: the built-in mapping.

    /// `until_name` is how the end is called: "--until", "--at".
    void bind(Command command, const std::string& until_name);
};

/// Hands out a log transaction by transaction, whole, up to where the arguments say.
class TransactionReader {
  public:
    /// Errors: not_found for an aggregate that does not exist.
    [[nodiscard]] static Result<TransactionReader> open(EventStore& store, const GraphArguments& arguments);
    TransactionReader(TransactionReader&&) noexcept;
    TransactionReader& operator=(TransactionReader&&) = delete;
    ~TransactionReader();

    /// The next verified events: as many whole transactions as are at hand; empty at the end. Valid until the next
    /// call. Errors: as VerifiedReader::next().
    [[nodiscard]] Result<std::span<const DomainEvent>> next();
    /// How many events there are, as far as that is known beforehand; for progress.
    [[nodiscard]] std::optional<std::uint64_t> total() const noexcept;

  private:
    struct State;
    explicit TransactionReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The mapping file's mapping, or the built-in one. Errors: invalid_mapping, not_found, io_error.
[[nodiscard]] Result<GraphMapping> load_mapping(const std::string& path);

/// All of it at once, with a progress bar. nullopt after Ctrl-C.
[[nodiscard]] Result<std::optional<GraphProjection>> build_graph(Context& context, EventStore& store,
                                                                 const GraphArguments& arguments);

/// Says, for people, what could not be applied.
void note_problems(const Context& context, const GraphProjection& projection);

} // namespace cim::cli
