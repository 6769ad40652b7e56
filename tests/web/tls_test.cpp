// SPDX-License-Identifier: Apache-2.0
// The page beyond this machine: only with a certificate, and then as it is at home.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "web/station_fixture.hpp"
#include "web/tls.hpp"

namespace ktp::web::test {
namespace {

namespace asio = boost::asio;

/// A certificate of its own making and its key, as PEM files.
void make_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key,
                      long from_s = -60, long to_s = 3600) {
  EVP_PKEY* const pair = EVP_EC_gen("P-256");
  X509* const made = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), from_s);
  X509_gmtime_adj(X509_getm_notAfter(made), to_s);
  X509_set_pubkey(made, pair);
  X509_NAME* const name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("station"), -1,
                             -1, 0);
  X509_set_issuer_name(made, name);
  X509_sign(made, pair, EVP_sha256());
  FILE* file = std::fopen(certificate.c_str(), "w");
  PEM_write_X509(file, made);
  std::fclose(file);
  file = std::fopen(key.c_str(), "w");
  PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  ::chmod(key.c_str(), 0600);
  X509_free(made);
  EVP_PKEY_free(pair);
}

class Tls : public StationTest {
 protected:
  void SetUp() override {
    StationTest::SetUp();
    make_certificate(certificate_, key_);
    server_.reset();
  }
  Binding binding(const std::string& address = "127.0.0.1") const {
    return {.address = address, .names = {"stasiun.example"}, .certificate = certificate_, .key = key_};
  }
  void open(const Binding& where) {
    auto server =
        Server::start(0, *desk_, Limits{.head_seconds = 1, .body_seconds = 1, .write_seconds = 2}, where);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  // Sends and reads until the station closes or `end` was seen.
  std::string talk(const std::string& words, const std::string& end = "", int most_version = TLS1_3_VERSION,
                   bool* greeted = nullptr) const {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
    SSL_CTX_set_security_level(context.native_handle(), 0);
    SSL_CTX_set_max_proto_version(context.native_handle(), most_version);
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port()});
    boost::system::error_code failed;
    stream.handshake(asio::ssl::stream_base::client, failed);
    if (greeted != nullptr) *greeted = !failed;
    if (failed) return {};
    asio::write(stream, asio::buffer(words), failed);
    std::string all;
    char part[4096];
    while (end.empty() || all.find(end) == std::string::npos) {
      const std::size_t n = stream.read_some(asio::buffer(part), failed);
      all.append(part, n);
      if (failed) break;
    }
    return all;
  }
  std::string host() const { return "127.0.0.1:" + std::to_string(port()); }
  std::string get_of(const std::string& path, const std::string& name) const {
    return talk("GET " + path + " HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n");
  }

  const std::filesystem::path certificate_ = folder_ / "station.pem", key_ = folder_ / "station.key";
};

TEST_F(Tls, WithoutACertificateNobodyElseCanReachThePage) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    const auto refused = Server::start(0, *desk_, {}, {.address = address});
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, ErrorCode::configuration);
    EXPECT_NE(refused.error().message.find("certificate"), std::string::npos);
  }
  EXPECT_TRUE(Server::start(0, *desk_, {}, {.address = "127.0.0.2"})) << "still this machine alone";
  EXPECT_FALSE(Server::start(0, *desk_, {}, {.address = "station"}));
}

TEST_F(Tls, WithOneThePageIsServedByHttpsAndByTheNamesThatWereConfigured) {
  open(binding("0.0.0.0"));
  EXPECT_EQ(server_->address(), "https://stasiun.example:" + std::to_string(port()) + "/");
  for (const std::string& name : {host(), "stasiun.example:" + std::to_string(port())}) {
    const std::string answer = get_of("/health", name);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << name << answer;
    EXPECT_NE(answer.find("Strict-Transport-Security: max-age="), std::string::npos);
    EXPECT_NE(answer.find("Content-Security-Policy: "), std::string::npos);
  }
  EXPECT_TRUE(get_of("/health", "evil.example:" + std::to_string(port())).starts_with("HTTP/1.1 421"));
}

TEST_F(Tls, ASessionsCookieNeverGoesOutInTheClearAndAnOriginIsHttps) {
  add("siti", Role::operator_);
  open(binding());
  const auto log_in = [&](const std::string& origin) {
    const std::string body = R"({"name":"siti","password":")" + kPassword + R"("})";
    return talk("POST /api/login HTTP/1.1\r\nHost: " + host() + "\r\nOrigin: " + origin +
                "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  EXPECT_TRUE(log_in("http://" + host()).starts_with("HTTP/1.1 403"));
  const std::string answer = log_in("https://" + host());
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_NE(answer.find("; HttpOnly; SameSite=Strict; Secure\r\n"), std::string::npos) << answer;
}

TEST_F(Tls, EventsComeThroughAsWell) {
  open(binding());
  server_->publish(R"({"n":1})");
  const std::string heard =
      talk("GET /api/events HTTP/1.1\r\nHost: " + host() + "\r\n\r\n", "data: {\"n\":1}\n\n");
  EXPECT_NE(heard.find("text/event-stream"), std::string::npos);
  EXPECT_NE(heard.find("event: board"), std::string::npos) << heard;
}

TEST_F(Tls, OldVersionsAndWhoeverSpeaksPlainlyOrNotAtAllGetNoAnswer) {
  open(binding());
  bool greeted = true;
  talk("", "", TLS1_1_VERSION, &greeted);
  EXPECT_FALSE(greeted) << "TLS 1.1";
  talk("", "x", TLS1_2_VERSION, &greeted);
  EXPECT_TRUE(greeted) << "TLS 1.2";
  const RawClient plain(port());
  ASSERT_TRUE(plain.send("GET /health HTTP/1.1\r\nHost: " + host() + "\r\n\r\n"));
  EXPECT_EQ(plain.read_all().find("HTTP/1.1"), std::string::npos);
  const RawClient silent(port());
  EXPECT_TRUE(silent.closed_within(std::chrono::seconds(20))) << "a greeting has a deadline";
}

TEST_F(Tls, AKeyThatIsNotTheCertificatesOrThatOthersMayReadIsRefused) {
  const auto refused = [&](const Binding& where) {
    const auto tls = tls_of(where);
    return tls ? std::string() : tls.error().message;
  };
  EXPECT_EQ(refused(binding()), "");
  ::chmod(key_.c_str(), 0640);
  EXPECT_NE(refused(binding()).find("chmod 600"), std::string::npos);
  ::chmod(key_.c_str(), 0600);
  make_certificate(folder_ / "other.pem", folder_ / "other.key");
  Binding mixed = binding();
  mixed.key = folder_ / "other.key";
  EXPECT_NE(refused(mixed), "");
  Binding missing = binding();
  missing.certificate = folder_ / "none.pem";
  EXPECT_NE(refused(missing).find("none.pem"), std::string::npos);
  missing = binding();
  missing.key = folder_ / "none.key";
  EXPECT_NE(refused(missing).find("none.key"), std::string::npos);
  make_certificate(certificate_, key_, -7200, -3600);
  EXPECT_NE(refused(binding()).find("run out"), std::string::npos);
  make_certificate(certificate_, key_, 3600, 7200);
  EXPECT_NE(refused(binding()).find("not valid yet"), std::string::npos);
}

}  // namespace
}  // namespace ktp::web::test
