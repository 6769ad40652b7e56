// SPDX-License-Identifier: Apache-2.0
#include "pcsc/reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "pcsc/answers.hpp"

namespace pcsc {

using station::Failure;
using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr DWORD kStepMs = 50;  // between two looks; cancel is asked at least so often
constexpr DWORD kProtocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;

/// The service's own list is bounded; what it says beyond is not read.
constexpr DWORD kMostList = 16 * 1024;

/// Also access denied: the service asks polkit about every client, and while either of the two ends or starts
/// it denies those who are let in a moment later.
bool is_gone(LONG answer) {
  constexpr LONG kGone[] = {SCARD_E_NO_SERVICE,           SCARD_E_SERVICE_STOPPED,
                            SCARD_F_COMM_ERROR,           SCARD_E_INVALID_HANDLE,
                            SCARD_E_UNKNOWN_READER,       SCARD_E_READER_UNAVAILABLE,
                            SCARD_E_NO_READERS_AVAILABLE, SCARD_W_SECURITY_VIOLATION};
  return std::ranges::find(kGone, answer) != std::end(kGone);
}

std::string words(LONG answer) {
  return ::pcsc_stringify_error(answer);
}

/// A statement about the chip, not about the reader: the station goes on.
Report unreadable(const std::string& why) {
  return Report::refused(STN_E_PROTOCOL, why).action(STN_ACT_NONE);
}

/// The card is let go whatever happens, and its field goes off with it.
class Connection {
 public:
  explicit Connection(SCARDHANDLE card) : card_(card) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::SCardDisconnect(card_, SCARD_UNPOWER_CARD); }

 private:
  SCARDHANDLE card_;
};

}  // namespace

Reader::Reader(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host), wait_ns_(static_cast<std::uint64_t>(settings.integer("wait-ms")) * kMs) {
  const auto* const service = static_cast<const stn_draft_pcsc_v1*>(host.extension(STN_EXT_DRAFT_PCSC));
  if (service == nullptr || service->size < sizeof *service)
    throw Failure(STN_E_UNSUPPORTED, "the station gives no way to the smart card service");
  context_ = static_cast<SCARDCONTEXT>(service->context);
  const auto found = choose_reader(readers(), settings.text("reader"));
  if (!found) {
    throw Failure(found.error().no == WhichReader::No::absent ? STN_E_REMOVED : STN_E_BAD_INPUT,
                  found.error().why);
  }
  name_ = *found;
}

std::vector<std::string> Reader::readers() const {
  std::vector<char> list(kMostList);
  DWORD size = kMostList;
  const LONG answer = ::SCardListReaders(context_, nullptr, list.data(), &size);
  if (answer == SCARD_E_NO_READERS_AVAILABLE) return {};
  if (answer != SCARD_S_SUCCESS)
    throw Failure(is_gone(answer) ? STN_E_REMOVED : STN_E_HARDWARE, "card readers: " + words(answer));
  return reader_names({list.data(), std::min(size, kMostList)});
}

DWORD Reader::state(DWORD seen, DWORD wait_ms) const {
  SCARD_READERSTATE look{};
  look.szReader = name_.c_str();
  look.dwCurrentState = seen;
  const LONG answer = ::SCardGetStatusChange(context_, wait_ms, &look, 1);
  if (answer == SCARD_E_TIMEOUT) return seen;
  if (answer != SCARD_S_SUCCESS) throw Failure(obstacle(answer).report);
  if ((look.dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | SCARD_STATE_IGNORE)) != 0)
    throw Failure(STN_E_REMOVED, "reader \"" + name_ + "\" is unplugged");
  return look.dwEventState & ~static_cast<DWORD>(SCARD_STATE_CHANGED);
}

Report Reader::status() {
  const DWORD now = state(SCARD_STATE_UNAWARE, 0);
  host_.state(STN_STATE_IDLE);
  host_.clear_reason("connecting-to-device");
  return Report::done((now & SCARD_STATE_PRESENT) != 0 ? STN_AT_CAMERA : STN_AT_UNKNOWN);
}

Reader::Obstacle Reader::obstacle(LONG answer) const {
  if (is_gone(answer)) {
    return {Report::refused(STN_E_REMOVED,
                            "reader \"" + name_ + "\" or its service (pcscd) is gone: " + words(answer))};
  }
  switch (answer) {
    case SCARD_W_REMOVED_CARD:
    case SCARD_E_NO_SMARTCARD:
      return {Report::refused(STN_E_NOT_FOUND, "no chip answers, or it was taken away while it was read"),
              true};
    case SCARD_W_UNRESPONSIVE_CARD:
    case SCARD_W_UNPOWERED_CARD:
    case SCARD_W_RESET_CARD:
    case SCARD_W_UNSUPPORTED_CARD:
    case SCARD_E_PROTO_MISMATCH:
    case SCARD_E_NOT_TRANSACTED:
      return {unreadable("a chip is there, but it does not answer: " + words(answer)), true};
    case SCARD_E_SHARING_VIOLATION:
      return {Report::refused(STN_E_TIMEOUT, "another program holds reader \"" + name_ + "\""), true};
    default:
      return {Report::refused(STN_E_HARDWARE, "reader \"" + name_ + "\": " + words(answer))};
  }
}

std::optional<Reader::Obstacle> Reader::ask(SCARDHANDLE card, stn_chip& chip) const {
  const SCARD_IO_REQUEST protocol{SCARD_PROTOCOL_ANY, sizeof(SCARD_IO_REQUEST)};
  std::uint8_t length = 0;
  for (int i = 0; i < 2; ++i) {
    const std::vector<std::uint8_t> command = get_uid(length);
    std::array<std::uint8_t, MAX_BUFFER_SIZE> bytes{};
    DWORD size = bytes.size();
    SCARD_IO_REQUEST receive = protocol;
    DWORD active = 0, name_size = 0, atr_size = 0, state = 0;
    LONG answer = ::SCardStatus(card, nullptr, &name_size, &state, &active, nullptr, &atr_size);
    if (answer != SCARD_S_SUCCESS) return obstacle(answer);
    const SCARD_IO_REQUEST send{active, sizeof(SCARD_IO_REQUEST)};
    answer = ::SCardTransmit(card, &send, command.data(), command.size(), &receive, bytes.data(), &size);
    if (answer != SCARD_S_SUCCESS) return obstacle(answer);
    const UidAnswer found = uid_answer({bytes.data(), std::min<std::size_t>(size, bytes.size())});
    if (!found.uid.empty()) {
      station::detail::put_text(chip.uid, found.uid);
      return std::nullopt;
    }
    // What a reader says it will say again, but a chip at the edge of the field may do better.
    if (found.ask_for == 0 || length != 0)
      return Obstacle{unreadable("the chip gives no UID: " + found.why), true};
    length = found.ask_for;
  }
  return Obstacle{unreadable("the chip gives no UID"), true};
}

std::optional<Reader::Obstacle> Reader::attempt(stn_chip& chip) const {
  SCARDHANDLE card = 0;
  DWORD active = 0;
  LONG answer = ::SCardConnect(context_, name_.c_str(), SCARD_SHARE_EXCLUSIVE, kProtocols, &card, &active);
  if (answer != SCARD_S_SUCCESS) return obstacle(answer);
  const Connection connection(card);
  // The service powered the chip when it came; what it has kept since is not asked. Only a chip whose field
  // was off and on again has been selected anew, and says whether its UID stays.
  chip.selected_ns = host_.now();
  answer = ::SCardReconnect(card, SCARD_SHARE_EXCLUSIVE, kProtocols, SCARD_UNPOWER_CARD, &active);
  if (answer != SCARD_S_SUCCESS) return obstacle(answer);
  return ask(card, chip);
}

Report Reader::read_uid(station::Op& op, const stn_chip_request& request, stn_chip& chip) {
  const std::uint64_t give_up = std::max(host_.now(), request.not_before_ns) + wait_ns_;
  Report last = Report::refused(STN_E_NOT_FOUND, "no chip answers");
  while (!op.cancelled()) {
    const std::uint64_t now = host_.now();
    if (now >= give_up) return last;
    if (now < request.not_before_ns) {
      host_.sleep(op.id(), std::min<std::uint64_t>(request.not_before_ns - now, kStepMs * kMs));
      continue;
    }
    const DWORD seen = state(SCARD_STATE_UNAWARE, 0);
    if ((seen & SCARD_STATE_PRESENT) == 0) {
      last = Report::refused(STN_E_NOT_FOUND, "no chip answers");
      static_cast<void>(state(seen, kStepMs));
      continue;
    }
    const auto obstacle = attempt(chip);
    if (!obstacle) return Report::done(STN_AT_CAMERA);
    if (!obstacle->may_pass) return obstacle->report;
    last = obstacle->report;
    host_.sleep(op.id(), kStepMs * kMs);
  }
  return Report::refused(STN_E_CANCELLED, "cancelled");
}

}  // namespace pcsc
