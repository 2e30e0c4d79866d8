#include "interrupt.hpp"

#include <csignal>

namespace cim::cli {
namespace {

volatile std::sig_atomic_t received = 0;

extern "C" void on_signal(int number) { received = number; }

} // namespace

void handle_signals() {
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    // Without SA_RESTART a wait for input ends; with SA_RESETHAND the second signal does what it always did.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() noexcept { return received != 0; }

int interrupted_status() noexcept { return 128 + static_cast<int>(received); }

} // namespace cim::cli
