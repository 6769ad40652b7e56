// SPDX-License-Identifier: Apache-2.0
#include "app/looks.hpp"

#include "handover/person.hpp"

namespace ktp::app {

namespace {

constexpr auto kOneLook = std::chrono::hours(1);
constexpr std::size_t kMost = 10'000;

}  // namespace

bool Looks::is_fresh(const std::string& what, const std::string& user) {
  const auto found = last_.find(user + "\n" + what);
  return found != last_.end() && std::chrono::steady_clock::now() - found->second < kOneLook;
}

void Looks::noted(const std::string& what, const std::string& user) {
  if (last_.size() >= kMost) last_.clear();  // says some looks once more
  last_[user + "\n" + what] = std::chrono::steady_clock::now();
}

Result<void> Looks::note_card(ledger::Ledger& ledger, const std::string& card, const std::string& user) {
  const std::lock_guard lock(mutex_);
  if (is_fresh(card, user)) return {};
  const auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::input_missing, "card: there is no card " + card);
  if (auto logged = handover::note_look(
          ledger, (*row)->order_id,
          {.time = {}, .by = user, .what = "pictures", .reason = "on the page", .card = card});
      !logged)
    return logged;
  noted(card, user);
  return {};
}

Result<void> Looks::note_order(ledger::Ledger& ledger, const std::string& order_id, const std::string& card,
                               const std::string& user) {
  const std::lock_guard lock(mutex_);
  const std::string what = "order " + order_id;
  if (is_fresh(what, user)) return {};
  if (auto logged = handover::note_look(
          ledger, order_id,
          {.time = {}, .by = user, .what = "pictures", .reason = "at the sort desk", .card = card});
      !logged)
    return logged;
  noted(what, user);
  return {};
}

Result<void> Looks::note_camera(ledger::Ledger& ledger, const std::string& camera, const std::string& user) {
  const std::lock_guard lock(mutex_);
  const std::string what = "camera " + camera;
  if (is_fresh(what, user)) return {};
  if (auto logged = handover::note_camera(ledger, camera, user); !logged) return logged;
  noted(what, user);
  return {};
}

Result<void> Looks::note_list(ledger::Ledger& ledger, const std::string& seal, const std::string& form,
                              const std::string& user) {
  const std::lock_guard lock(mutex_);
  const std::string what = "list " + seal + " " + form;
  if (is_fresh(what, user)) return {};
  if (auto logged = handover::note_list(ledger, seal, form, user); !logged) return logged;
  noted(what, user);
  return {};
}

}  // namespace ktp::app
