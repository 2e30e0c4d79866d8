// Answers ReadQuery from the stream.
//
// How the events are found depends on the query:
//   the log, a chain    an ordered reader from the first position on; filters on types run on the server
//   a time window       the same; timestamps are the events' own and known to no index, so everything is looked at
//   backwards           stretches read forwards, each before the one before it
// A page that continues leaves its reader here, and the query that continues it takes it up again: reading a log page
// by page costs what reading it in one go does. Self-synchronised.
#pragma once

#include <cim/event_store.hpp>

#include "store/jetstream/session.hpp"

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cim::jetstream {

class PageReader {
  public:
    explicit PageReader(std::shared_ptr<Session> session);
    ~PageReader();
    [[nodiscard]] Result<EventPage> read(const ReadQuery& query);

  private:
    struct Plan;
    class Forward;
    class Backward;
    struct Kept; // a reader that waits for the query that goes on with it

    [[nodiscard]] Result<std::optional<Plan>> plan(const ReadQuery& query);
    [[nodiscard]] Result<bool> add_types(const ReadQuery& query, Plan& plan);
    [[nodiscard]] Result<EventPage> read_forwards(const ReadQuery& query);
    [[nodiscard]] Result<EventPage> read_backwards(const ReadQuery& query, const Plan& plan);

    [[nodiscard]] Kept take(const std::string& key);
    void keep(std::string key, Kept kept);

    const std::shared_ptr<Session> session_;
    std::mutex mutex_;
    std::list<std::pair<std::string, Kept>> kept_; // guarded by mutex_; the newest first
};

} // namespace cim::jetstream
