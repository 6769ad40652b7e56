// SPDX-License-Identifier: Apache-2.0
#include "app/audit.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/doctor.hpp"

namespace ktp::app {

using nlohmann::ordered_json;

namespace {

constexpr std::uint64_t kEventsShown = 200;

std::string text(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// Newest first; `more`: there are older ones before the last.
std::string newest_first(const std::vector<std::string>& lines, bool more) {
  ordered_json events = ordered_json::array();
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    events.push_back(ordered_json::parse(*line, nullptr, false));
  return text({{"events", std::move(events)}, {"more", more}});
}

Result<std::string> events(const ledger::Ledger& ledger, const web::AuditQuestion& asked) {
  if (!asked.card.empty() || !asked.order.empty()) {
    const auto trail = asked.card.empty() ? ledger.trail_of_order(asked.order) : ledger.trail(asked.card);
    if (!trail) return std::unexpected(trail.error());
    return newest_first(*trail, false);
  }
  const auto size = ledger.size();
  if (!size) return std::unexpected(size.error());
  const std::uint64_t last = asked.before == 0 ? *size : std::min(asked.before - 1, *size);
  const std::uint64_t from = last > kEventsShown ? last - kEventsShown : 0;
  std::vector<std::string> lines;
  const auto read =
      ledger.lines_after(from, last - from, [&](std::string_view line) { lines.emplace_back(line); });
  if (!read) return std::unexpected(read.error());
  return newest_first(lines, from > 0);
}

/// Reads the log with a connection of its own: the station goes on printing meanwhile.
Result<std::string> proof(const std::filesystem::path& data) {
  const auto ledger = ledger::Ledger::open(data, false);
  if (!ledger) return std::unexpected(ledger.error());
  const auto head = (*ledger)->head();
  if (!head) return std::unexpected(head.error());
  const auto size = (*ledger)->size();
  if (!size) return std::unexpected(size.error());
  const auto wrong = (*ledger)->verify();
  if (!wrong) return std::unexpected(wrong.error());
  return text({{"whole", !wrong->has_value()},
               {"first", wrong->value_or("")},
               {"events", *size},
               {"checkpoint", head->checkpoint},
               {"key", head->key}});
}

std::string doctor(const std::filesystem::path& config, const std::filesystem::path& data) {
  ordered_json findings = ordered_json::array();
  for (const Finding& finding : look_at_machine(config, data))
    findings.push_back(
        {{"grade", to_string(finding.grade)}, {"what", finding.what}, {"words", finding.words}});
  return text(findings);
}

}  // namespace

web::AuditCommands audit_commands_of(const ledger::Ledger& ledger, const std::filesystem::path& data,
                                     const std::filesystem::path& config) {
  // One proof at a time: it reads everything.
  const auto proving = std::make_shared<std::mutex>();
  return {.events = [&ledger](const web::AuditQuestion& asked) { return events(ledger, asked); },
          .proof = [proving, data]() -> Result<std::string> {
            const std::unique_lock one(*proving, std::try_to_lock);
            if (!one) return fail(ErrorCode::in_use, "somebody else is having the log proved just now");
            return proof(data);
          },
          .doctor = [config, data]() -> Result<std::string> { return doctor(config, data); }};
}

}  // namespace ktp::app
