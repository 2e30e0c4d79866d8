#include "nats/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cim::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

struct Link {
    int client;
    int server;
};

template <class Drops> bool carry(int from, int to, const Drops& drops) {
    char buffer[64 * 1024];
    const auto got = ::recv(from, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    const bool drop = drops(std::string_view(buffer, static_cast<std::size_t>(got)));
    for (ssize_t sent = 0; sent < got && !drop;) {
        const auto now = ::send(to, buffer + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
        if (now <= 0) return false;
        sent += now;
    }
    return true;
}

} // namespace

TcpProxy::TcpProxy(std::uint16_t target, std::uint16_t port)
    : target_(target), port_(port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(port);
    socklen_t size = sizeof address;
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("the proxy has no port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
}

void TcpProxy::drop_replies(bool drop) {
    const std::lock_guard lock(mutex_);
    drop_from_.clear();
    drop_replies_ = drop;
}

void TcpProxy::drop_replies_from(std::string text) {
    const std::lock_guard lock(mutex_);
    drop_from_ = std::move(text);
}

bool TcpProxy::drops(std::string_view reply) {
    const std::lock_guard lock(mutex_);
    if (!drop_from_.empty() && reply.find(drop_from_) != std::string_view::npos) {
        drop_replies_ = true;
        drop_from_.clear();
    }
    return drop_replies_;
}

void TcpProxy::run() {
    std::list<Link> links;
    int breaks = 0;
    const auto end = [](const Link& link) {
        ::close(link.client);
        ::close(link.server);
    };
    while (!stop_) {
        if (cut_ || breaks != breaks_) {
            breaks = breaks_;
            std::ranges::for_each(links, end);
            links.clear();
        }
        std::vector<pollfd> polled{{listener_, POLLIN, 0}};
        for (const auto& link : links) {
            polled.push_back({link.client, POLLIN, 0});
            polled.push_back({link.server, POLLIN, 0});
        }
        if (::poll(polled.data(), polled.size(), 5) <= 0) continue;
        std::size_t at = 1;
        for (auto link = links.begin(); link != links.end(); at += 2) {
            bool good = true;
            if (polled[at].revents != 0)
                good = carry(link->client, link->server, [](std::string_view) { return false; });
            if (good && polled[at + 1].revents != 0)
                good = carry(link->server, link->client, [this](std::string_view reply) { return drops(reply); });
            if (!good) end(*link);
            link = good ? std::next(link) : links.erase(link);
        }
        if (polled[0].revents == 0) continue;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto address = loopback(target_);
        if (cut_ || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            end({client, server});
            continue;
        }
        const int yes = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        links.push_back({client, server});
    }
    std::ranges::for_each(links, end);
}

} // namespace cim::test
