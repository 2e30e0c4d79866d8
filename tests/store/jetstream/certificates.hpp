// Certificates for tests of TLS, made on the spot: ca.pem, other-ca.pem, and NAME.pem with NAME.key for server
// (localhost), expired (the same, over since yesterday) and client.
#pragma once

#include <filesystem>
#include <string>

namespace cim::test {

class Certificates {
  public:
    explicit Certificates(std::filesystem::path folder);
    [[nodiscard]] std::string path(const std::string& file) const { return (folder_ / file).string(); }

  private:
    std::filesystem::path folder_;
};

} // namespace cim::test
