// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "domain/error.hpp"
#include "web/binding.hpp"

namespace ktp::web {

/// TLS 1.2 or 1.3 with this certificate (its chain behind it) and key. Error configuration: a file is missing
/// or no PEM, the key is not the certificate's, may be read by others than its owner, or the certificate is
/// not valid today.
Result<std::unique_ptr<boost::asio::ssl::context>> tls_of(const Binding& binding);

}  // namespace ktp::web
