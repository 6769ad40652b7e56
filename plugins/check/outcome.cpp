// SPDX-License-Identifier: Apache-2.0
#include "check/outcome.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>

#include "devices/text.hpp"

namespace ktp::check {
namespace {

constexpr std::size_t kMaxLine = 600;       // below PIPE_BUF: whole lines only
constexpr std::size_t kMaxMessage = 2'000;  // of one test
constexpr std::size_t kMaxRest = 8'192;

/// skip < pass < warn < fail < crash
int weight(plugins::CheckStatus status) {
  switch (status) {
    case plugins::CheckStatus::skip:
      return 1;  // a skip that is said outweighs the silent pass
    case plugins::CheckStatus::warn:
      return 2;
    case plugins::CheckStatus::fail:
      return 3;
    case plugins::CheckStatus::crash:
      return 4;
    default:
      return 0;
  }
}

constexpr std::array kByLetter{plugins::CheckStatus::pass, plugins::CheckStatus::warn,
                               plugins::CheckStatus::fail, plugins::CheckStatus::crash,
                               plugins::CheckStatus::skip};

}  // namespace

void Teller::found(plugins::CheckStatus status, std::string_view what) const {
  line('!', std::string(1, static_cast<char>('0' + static_cast<int>(status))) + std::string(what));
}

void Teller::line(char kind, std::string_view text) const {
  const std::string whole = kind + devices::clean_text(text, kMaxLine) + "\n";
  static_cast<void>(!::write(fd_, whole.data(), whole.size()));
}

void Listener::take(std::span<const char> bytes) {
  rest_.append(bytes.data(), bytes.size());
  std::size_t from = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', from)) {
    line(std::string_view(rest_).substr(from, end - from));
    from = end + 1;
  }
  rest_.erase(0, from);
  if (rest_.size() > kMaxRest) rest_.clear();  // not one of ours: the plugin has written to our pipe
}

void Listener::line(std::string_view text) {
  if (text.empty()) return;
  const std::string_view rest = text.substr(1);
  switch (text[0]) {
    case '@':
      call = rest;
      break;
    case '#':
      if (drivers.size() < kMaxMessage) drivers += std::string(rest) + "\n";
      break;
    case '.':
      ended = true;
      break;
    case '!':
      if (!rest.empty() && rest[0] >= '0' && rest[0] < '0' + static_cast<char>(kByLetter.size()))
        add(kByLetter[static_cast<std::size_t>(rest[0] - '0')], rest.substr(1));
      break;
    default:
      break;
  }
}

void Listener::add(plugins::CheckStatus what_status, std::string_view what) {
  if (weight(what_status) > weight(status)) status = what_status;
  if (message.find(what) != std::string::npos || message.size() + what.size() > kMaxMessage) return;
  message += (message.empty() ? "" : "; ") + std::string(what);
}

}  // namespace ktp::check
