// Real NATS servers for tests: one node or a cluster of three, on free ports of 127.0.0.1, with data that is thrown
// away.
//
// The program is the one that the environment variable CIM_NATS_SERVER names, which ctest sets to what the build found.
#pragma once

#include "nats/tcp_proxy.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cim::test {

/// A folder that is removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

/// A TCP port of 127.0.0.1 that nobody listened on a moment ago.
[[nodiscard]] std::uint16_t free_port();

struct NodeOptions {
    std::string name = "node";
    std::filesystem::path folder; ///< Of its configuration, data and log.
    std::filesystem::path data;   ///< Elsewhere than in `folder`, if set.
    std::uint16_t port = 0;       ///< 0: a free one.
    std::string extra;            ///< More of the server's configuration.
    bool jetstream = true;
    std::string url_options; ///< What urls() append.
};

/// One server process. Stops it, by its id, at the end.
class NatsNode {
  public:
    /// Writes its configuration and starts it; a test that cannot go on without fails by an exception that says why.
    explicit NatsNode(NodeOptions options);
    NatsNode(const NatsNode&) = delete;
    NatsNode& operator=(const NatsNode&) = delete;
    ~NatsNode();

    [[nodiscard]] std::uint16_t port() const noexcept { return options_.port; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
    [[nodiscard]] std::string url(std::string_view stream) const;
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] std::string log() const;

    void start(); ///< After kill(): with the same data.
    void kill();  ///< As by kill -9.
    void pause();
    void resume();

  private:
    void wait_ready();

    NodeOptions options_;
    pid_t pid_ = -1;
};

/// One node with its own folder.
class NatsServer {
  public:
    explicit NatsServer(std::string extra = {});
    [[nodiscard]] NatsNode& node() noexcept { return *node_; }
    [[nodiscard]] std::string url(std::string_view stream) const { return node_->url(stream); }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<NatsNode> node_;
};

/// Three nodes that make one JetStream cluster. They talk to one another through proxies.
class NatsCluster {
  public:
    NatsCluster();
    ~NatsCluster();
    /// Takes one node away from the others, and from its clients; it keeps running.
    void cut_off(std::size_t node, bool cut);
    [[nodiscard]] NatsNode& node(std::size_t i) noexcept { return *nodes_[i]; }
    /// Through all nodes; streams that are made have three replicas.
    [[nodiscard]] std::string url(std::string_view stream, std::string_view options = {}) const;
    [[nodiscard]] std::string url_of(std::size_t node, std::string_view stream) const;

  private:
    TemporaryFolder folder_;
    struct Route {
        int from;
        int to;
        std::unique_ptr<TcpProxy> proxy;
    };
    std::vector<std::unique_ptr<TcpProxy>> clients_; // by node
    std::vector<Route> routes_;
    std::vector<std::unique_ptr<NatsNode>> nodes_;
};

/// The server program. Throws where there is none, saying what to install.
[[nodiscard]] std::string nats_server_program();

/// What the tests' servers allow beyond the defaults, so that large events and transactions can be tried: options for
/// URLs.
inline constexpr std::string_view generous_options = "?max_batch=8000&timeout=10s";

} // namespace cim::test
