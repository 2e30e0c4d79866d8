// The smallest program that a user of the installed package might write: it compiles against the public headers alone
// and calls things that have to be linked.

#include <cim/cim.hpp>

#include <iostream>

int main() {
    const cim::Cid cid = cim::Cid::of_dag_cbor(cim::as_bytes("block"));
    std::cout << cid.to_string() << '\n'
              << cim::Error(cim::Errc::not_found, "nothing yet", "append something").text() << '\n';
    return 0;
}
