// SPDX-License-Identifier: Apache-2.0
// Below cupsSendRequest, on purpose: that one connects anew and sends again by itself, without a deadline.
#include "ipp/line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace ipp {
namespace {

constexpr double kLookS = 0.05;         // how often a waiting step looks whether it may go on waiting
constexpr std::size_t kPiece = 16'384;  // of a document

struct HttpDeleter {
  void operator()(http_t* http) const { httpClose(http); }
};
using Http = std::unique_ptr<http_t, HttpDeleter>;

/// What every waiting step of one request asks.
struct Patience {
  const station::Host& host;
  const std::atomic<bool>& interrupted;
  std::uint64_t until_ns;
  [[nodiscard]] bool over() const { return interrupted || host.now() >= until_ns; }
  static int more(http_t*, void* self) { return static_cast<Patience*>(self)->over() ? 0 : 1; }
};

}  // namespace

Address parse_address(const std::string& uri) {
  std::array<char, 32> scheme{};
  std::array<char, 256> user{}, host{}, resource{};
  Address address;
  const auto status =
      httpSeparateURI(HTTP_URI_CODING_ALL, uri.c_str(), scheme.data(), scheme.size(), user.data(),
                      user.size(), host.data(), host.size(), &address.port, resource.data(), resource.size());
  if (status < HTTP_URI_STATUS_OK || host[0] == 0)
    throw Trouble(STN_E_BAD_INPUT, "uri: \"" + uri + "\" is no address; write ipp://HOST[:PORT]/PATH");
  if (std::string_view(scheme.data()) != "ipp")
    throw Trouble(STN_E_BAD_INPUT, "uri: only ipp: is supported, not " + std::string(scheme.data()) + ":");
  if (user[0] != 0) throw Trouble(STN_E_BAD_INPUT, "uri: a user name in it is not supported");
  address.uri = uri;
  address.host = host.data();
  address.resource = resource.data();
  return address;
}

Message new_request(ipp_op_t operation, const Address& printer) {
  Message request(ippNewRequest(operation));
  ippAddString(request.get(), IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", nullptr, printer.uri.c_str());
  ippAddString(request.get(), IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", nullptr, kUser);
  return request;
}

Line::Line(station::Host& host, Address address) : host_(host), address_(std::move(address)) {
  addresses_ = httpAddrGetList(address_.host.c_str(), AF_UNSPEC, std::to_string(address_.port).c_str());
  if (addresses_ == nullptr)
    throw Trouble(STN_E_REMOVED,
                  "The printer's name " + address_.host + " is not known here. Check the network.");
}

Line::Line(station::Host& host, const Line& other)
    : host_(host), address_(other.address_), addresses_(httpAddrCopyList(other.addresses_)) {}

Line::~Line() {
  httpAddrFreeList(addresses_);
}

Message Line::ask(ipp_t* request, std::uint32_t timeout_ms, std::span<const std::uint8_t> document,
                  Progress* progress) {
  Patience patience{host_, interrupted_, host_.now() + std::uint64_t{timeout_ms} * 1'000'000u};
  const auto late = [&](const char* what) {
    return Trouble(STN_E_TIMEOUT, interrupted_ ? "stopped while " + std::string(what)
                                               : "The printer does not answer (" + std::string(what) +
                                                     "). Check that it is on and connected.");
  };
  const auto broke = [&](const char* what) {
    if (patience.over()) return late(what);
    return Trouble(STN_E_TIMEOUT, "The connection to the printer broke off (" + std::string(what) + ").");
  };
  // A connect that is under way cannot be interrupted, so it gets a part of the time only.
  const int connect_ms = static_cast<int>(std::min<std::uint32_t>(timeout_ms, 5'000));
  Http http(httpConnect2(address_.host.c_str(), address_.port, addresses_, AF_UNSPEC,
                         HTTP_ENCRYPTION_IF_REQUESTED, 1, connect_ms, nullptr));
  if (!http) {
    if (errno == ETIMEDOUT || patience.over()) throw late("connecting");
    throw Trouble(STN_E_REMOVED,
                  "Nobody answers at " + address_.uri + ". Check that the printer is on and connected.");
  }
  httpSetTimeout(http.get(), kLookS, &Patience::more, &patience);
  httpClearFields(http.get());
  httpSetField(http.get(), HTTP_FIELD_CONTENT_TYPE, "application/ipp");
  httpSetField(http.get(), HTTP_FIELD_CONNECTION, "close");
  httpSetLength(http.get(), ippLength(request) + document.size());
  if (progress != nullptr) progress->began = true;
  if (httpPost(http.get(), address_.resource.c_str()) != 0) throw broke("asking");
  ippSetState(request, IPP_STATE_IDLE);
  for (ipp_state_t state = IPP_STATE_IDLE; state != IPP_STATE_DATA;) {
    state = ippWrite(http.get(), request);
    if (state == IPP_STATE_ERROR || patience.over()) throw broke("asking");
  }
  // A refusal may come before the document is through; it is read where the sending fails.
  bool through = true;
  for (std::size_t at = 0; at < document.size() && through;) {
    const std::size_t length = std::min(kPiece, document.size() - at);
    through = httpWrite2(http.get(), reinterpret_cast<const char*>(document.data() + at), length) ==
                  static_cast<ssize_t>(length) &&
              !patience.over();
    if (!through) break;
    at += length;
    if (progress != nullptr) progress->sent = at;
  }
  if (!through) throw broke("sending");
  if (httpFlushWrite(http.get()) < 0) throw broke("sending");
  if (progress != nullptr) progress->all_sent = true;

  http_status_t status = HTTP_STATUS_CONTINUE;
  while (status == HTTP_STATUS_CONTINUE) {
    if (patience.over()) throw late("waiting");
    status = httpUpdate(http.get());
  }
  if (status == HTTP_STATUS_ERROR) throw broke("waiting");
  if (status == HTTP_STATUS_UNAUTHORIZED || status == HTTP_STATUS_FORBIDDEN)
    throw Trouble(STN_E_UNSUPPORTED,
                  "The printer asks for a password or refuses this station; allow it at the printer.");
  if (status == HTTP_STATUS_UPGRADE_REQUIRED)
    throw Trouble(STN_E_UNSUPPORTED, "The printer insists on TLS, which this driver does not speak.");
  if (status != HTTP_STATUS_OK)
    throw Trouble(STN_E_PROTOCOL, "The printer answered HTTP " + std::to_string(static_cast<int>(status)) +
                                      " at " + address_.resource + ". Check the address.");
  Message answer(ippNew());
  for (ipp_state_t state = IPP_STATE_IDLE; state != IPP_STATE_DATA;) {
    state = ippRead(http.get(), answer.get());
    if (state == IPP_STATE_ERROR) {
      if (patience.over()) throw late("reading the answer");
      throw Trouble(STN_E_PROTOCOL, "The printer's answer is no whole IPP message.");
    }
    if (patience.over()) throw late("reading the answer");
  }
  if (ippGetRequestId(answer.get()) != ippGetRequestId(request))
    throw Trouble(STN_E_PROTOCOL, "The printer answered another request than this one.");
  return answer;
}

std::string words_of_status(ipp_t* answer) {
  std::string words = ippErrorString(ippGetStatusCode(answer));
  if (ipp_attribute_t* const text = ippFindAttribute(answer, "status-message", IPP_TAG_TEXT))
    words += ": " + std::string(ippGetString(text, 0, nullptr));
  return words;
}

}  // namespace ipp
