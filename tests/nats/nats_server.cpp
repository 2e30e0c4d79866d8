#include "nats/nats_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace cim::test {

namespace {

using namespace std::chrono_literals;

// Messages of 8 MB and batches of 8000, where the default is 1 MB and 1000.
constexpr const char* generous = "max_payload: 8MB\n";
constexpr auto start_timeout = 20s;

class Socket {
  public:
    Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    int fd_;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool listens(std::uint16_t port) {
    const Socket socket;
    const auto address = loopback(port);
    return ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

TemporaryFolder::TemporaryFolder() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("cim-nats-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::uint16_t free_port() {
    const Socket socket;
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port on 127.0.0.1");
    return ntohs(address.sin_port);
}

std::string nats_server_program() {
    const char* program = std::getenv("CIM_NATS_SERVER");
    if (program == nullptr || ::access(program, X_OK) != 0)
        throw std::runtime_error(
            "no nats-server 2.12 or newer: ./dev setup installs one, and CIM_NATS_SERVER names it");
    return program;
}

NatsNode::NatsNode(NodeOptions options) : options_(std::move(options)) {
    if (options_.port == 0) options_.port = free_port();
    std::filesystem::create_directories(options_.folder);
    if (options_.data.empty()) options_.data = options_.folder / "data";
    std::ofstream config(options_.folder / "nats.conf");
    config << "server_name: " << options_.name << "\nlisten: \"127.0.0.1:" << options_.port << "\"\n" << generous;
    if (options_.jetstream)
        config << "jetstream { store_dir: \"" << options_.data.string()
               << "\", max_file_store: 4GB, max_memory_store: 256MB, limits { batch { max_msgs: 8000 } } }\n";
    config << options_.extra;
    config.close();
    start();
}

NatsNode::~NatsNode() { kill(); }

std::string NatsNode::url(std::string_view stream) const {
    return "nats://" + address() + "/" + std::string(stream) +
           (options_.url_options.empty() ? std::string(generous_options) : options_.url_options);
}

std::string NatsNode::log() const {
    std::ifstream file(options_.folder / "log.txt");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void NatsNode::start() {
    const auto program = nats_server_program();
    const auto config = (options_.folder / "nats.conf").string();
    const auto log = (options_.folder / "log.txt").string();
    const auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot start another process");
    if (pid_ == 0) {
        // A test that crashes takes its servers along.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::dup2(out, 1);
        ::dup2(out, 2);
        ::execl(program.c_str(), program.c_str(), "-c", config.c_str(), nullptr);
        ::_exit(127);
    }
    wait_ready();
}

void NatsNode::wait_ready() {
    const auto deadline = std::chrono::steady_clock::now() + start_timeout;
    while (!listens(options_.port)) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_ || std::chrono::steady_clock::now() > deadline) {
            if (std::chrono::steady_clock::now() > deadline) kill();
            pid_ = -1;
            throw std::runtime_error("nats-server did not start:\n" + log());
        }
        std::this_thread::sleep_for(5ms);
    }
}

void NatsNode::kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void NatsNode::pause() { ::kill(pid_, SIGSTOP); }
void NatsNode::resume() { ::kill(pid_, SIGCONT); }

NatsServer::NatsServer(std::string extra)
    : node_(std::make_unique<NatsNode>(NodeOptions{.folder = folder_.path(), .extra = std::move(extra)})) {}

// Each node reaches each other one through a proxy, and is told of no other way: what a node says of itself is a port
// on which nobody listens.
NatsCluster::NatsCluster() {
    const std::uint16_t ports[3] = {free_port(), free_port(), free_port()};
    for (int i = 0; i < 3; ++i) {
        std::string routes;
        for (int other = 0; other < 3; ++other) {
            if (other == i) continue;
            routes_.push_back({i, other, std::make_unique<TcpProxy>(ports[other])});
            routes += (routes.empty() ? "" : ", ") +
                      ("\"nats://127.0.0.1:" + std::to_string(routes_.back().proxy->port()) + "\"");
        }
        const auto name = "n" + std::to_string(i);
        const auto extra = "cluster { name: tests, listen: \"127.0.0.1:" + std::to_string(ports[i]) +
                           "\", advertise: \"127.0.0.1:9\", no_advertise: true, pool_size: -1, routes: [" + routes +
                           "] }\n";
        nodes_.push_back(std::make_unique<NatsNode>(
            NodeOptions{.name = name, .folder = folder_.path() / name, .data = {}, .extra = extra, .url_options = {}}));
        clients_.push_back(std::make_unique<TcpProxy>(nodes_.back()->port()));
    }
}

NatsCluster::~NatsCluster() = default;

void NatsCluster::cut_off(std::size_t node, bool cut) {
    clients_[node]->cut(cut);
    for (const auto& route : routes_)
        if (route.from == static_cast<int>(node) || route.to == static_cast<int>(node)) route.proxy->cut(cut);
}

std::string NatsCluster::url(std::string_view stream, std::string_view options) const {
    std::string url = "nats://";
    for (const auto& proxy : clients_)
        url += (url.ends_with('/') ? "" : ",") + ("127.0.0.1:" + std::to_string(proxy->port()));
    return url + "/" + std::string(stream) + std::string(generous_options) + "&replicas=3" + std::string(options);
}

std::string NatsCluster::url_of(std::size_t node, std::string_view stream) const {
    return "nats://" + nodes_[node]->address() + "/" + std::string(stream) + std::string(generous_options);
}

} // namespace cim::test
