// The smallest program that a user of the installed package might write: it compiles against the public headers alone
// and calls something that has to be linked.

#include <cim/error.hpp>

#include <iostream>

int main() {
    std::cout << cim::Error(cim::Errc::not_found, "nothing yet", "append something").text() << '\n';
    return 0;
}
