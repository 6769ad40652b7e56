// SPDX-License-Identifier: Apache-2.0
#include "web/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <boost/asio/ip/address.hpp>

namespace ktp::web {

namespace asio = boost::asio;

bool is_address(const std::string& address) {
  boost::system::error_code wrong;
  asio::ip::make_address(address, wrong);
  return !wrong;
}

bool is_loopback(const std::string& address) {
  boost::system::error_code wrong;
  const auto read = asio::ip::make_address(address, wrong);
  return !wrong && read.is_loopback();
}

Result<std::unique_ptr<asio::ssl::context>> tls_of(const Binding& binding) {
  const auto wrong = [](const std::filesystem::path& file, const std::string& why) {
    return fail(ErrorCode::configuration, file.string() + ": " + why);
  };
  struct ::stat key{};
  if (::stat(binding.key.c_str(), &key) != 0 || !S_ISREG(key.st_mode))
    return wrong(binding.key, "page key: there is no such file");
  if ((key.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return wrong(binding.key, "page key: others than its owner may read it; chmod 600");
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code failed;
  ::SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  tls->set_options(asio::ssl::context::no_compression | asio::ssl::context::single_dh_use, failed);
  ::SSL_CTX_set_options(tls->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  tls->use_certificate_chain_file(binding.certificate.string(), failed);
  if (failed) return wrong(binding.certificate, "page certificate: " + failed.message());
  tls->use_private_key_file(binding.key.string(), asio::ssl::context::pem, failed);
  if (failed) return wrong(binding.key, "page key: " + failed.message());
  if (::SSL_CTX_check_private_key(tls->native_handle()) != 1)
    return wrong(binding.key, "page key: it is not the key of " + binding.certificate.string());
  const X509* const certificate = ::SSL_CTX_get0_certificate(tls->native_handle());
  if (::X509_cmp_current_time(::X509_get0_notAfter(certificate)) < 0)
    return wrong(binding.certificate, "page certificate: it has run out");
  if (::X509_cmp_current_time(::X509_get0_notBefore(certificate)) > 0)
    return wrong(binding.certificate, "page certificate: it is not valid yet");
  return tls;
}

}  // namespace ktp::web
