// SPDX-License-Identifier: Apache-2.0
#include "web/sessions.hpp"

#include <algorithm>

#include "web/passwords.hpp"

namespace ktp::web {

std::string Sessions::begin(const std::string& user, Clock::time_point now) {
  const std::string name = random_name(32);
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kMost)
    sessions_.erase(
        std::ranges::min_element(sessions_, {}, [](const auto& entry) { return entry.second.used; }));
  sessions_[name] = {.user = user, .csrf = random_name(32), .begun = now, .used = now};
  return name;
}

std::optional<Sessions::Session> Sessions::find(const std::string& name, bool quietly,
                                                Clock::time_point now) {
  if (name.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return std::nullopt;
  if (now - found->second.used > kIdle || now - found->second.begun > kLongest) {
    sessions_.erase(found);
    return std::nullopt;
  }
  if (!quietly) found->second.used = now;
  return found->second;
}

void Sessions::end(const std::string& name) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(name);
}

void Sessions::end_all_of(const std::string& user) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.user == user; });
}

}  // namespace ktp::web
