// SPDX-License-Identifier: Apache-2.0
// The HTTP server of the page: one thread for the network, two that answer. On this machine alone unless it
// has a certificate.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "domain/error.hpp"
#include "web/binding.hpp"
#include "web/handler.hpp"
#include "web/http.hpp"

namespace ktp::web {

class Server {
 public:
  /// Listens where `binding` says (`port` 0: any free one). `handler` must outlive the server. Errors: in_use
  /// when the port is another program's; configuration when others could reach it without TLS, or tls_of.
  static Result<std::unique_ptr<Server>> start(std::uint16_t port, Handler& handler,
                                               const Limits& limits = {}, const Binding& binding = {});
  /// Ends every connection and waits for answers under way.
  ~Server();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;  ///< "http://127.0.0.1:8377/", "https://NAME:8377/"
  /// The state that every listening page is to show from now on. [any thread]
  void publish(std::string json);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ktp::web
