// A proxy in front of a server's port that can lose what it carries: for tests of a network that fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace cim::test {

/// Carries connections on one port of 127.0.0.1 to another. Has a thread of its own, which ends with it.
class TcpProxy {
  public:
    explicit TcpProxy(std::uint16_t target, std::uint16_t port = 0);
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;
    ~TcpProxy();
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// What the server sends is thrown away from now on; what the client sends still arrives.
    void drop_replies(bool drop);
    /// The same from the next reply on that holds this text, until drop_replies(false).
    void drop_replies_from(std::string text);
    /// Breaks all connections, and takes no new ones while set.
    void cut(bool cut) { cut_ = cut; }
    /// Breaks all connections once.
    void break_connections() { ++breaks_; }

  private:
    void run();
    [[nodiscard]] bool drops(std::string_view reply);

    std::uint16_t target_;
    std::uint16_t port_;
    int listener_;
    std::atomic<bool> drop_replies_{false};
    std::atomic<bool> cut_{false};
    std::atomic<int> breaks_{0};
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::string drop_from_; // guarded by mutex_
    std::thread thread_;
};

} // namespace cim::test
