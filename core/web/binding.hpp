// SPDX-License-Identifier: Apache-2.0
// Where the page is served: on this machine alone, or for others with a certificate.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ktp::web {

struct Binding {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6; 0.0.0.0 and ::: every one of this machine
  /// Names that browsers may ask for beside the address; for others than 127.0.0.1 those on the certificate.
  std::vector<std::string> names{};
  std::filesystem::path certificate{}, key{};  ///< PEM; both "" = no TLS

  [[nodiscard]] bool tls() const { return !certificate.empty(); }
};

/// Whether nobody but this machine can reach the address.
[[nodiscard]] bool is_loopback(const std::string& address);
/// Whether it is an address at all.
[[nodiscard]] bool is_address(const std::string& address);

}  // namespace ktp::web
