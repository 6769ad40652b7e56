// SPDX-License-Identifier: Apache-2.0
// Who may do what: users with a role and an Argon2id hash, in DATA/users.json (mode 0600).
#pragma once
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace ktp::web {

/// Ordered: each may do what those before it may. `auditor` reads everything and does nothing; `nobody` is
/// whoever stands before the screen without having said who he is.
enum class Role { nobody, auditor, operator_, inspector, supervisor, administrator };
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> role_from(std::string_view word);

struct User {
  std::string name;  ///< 2 to 32 letters, digits, dots, hyphens; also the actor's name in the log
  Role role = Role::nobody;
  std::string hash;
  bool active = true;
};

/// Threads: any; calls are serialised, hashing is done outside the lock, one at a time.
class Users {
 public:
  using Clock = std::chrono::steady_clock;
  /// Reads the file, if it is there. Error configuration naming it when it is not ours.
  static Result<std::unique_ptr<Users>> load(const std::filesystem::path& data);

  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::vector<User> all() const;  ///< without hashes
  [[nodiscard]] std::optional<User> find(std::string_view name) const;

  /// Adds a user. Error bad_data: name or password not allowed, or the name is taken.
  Result<void> add(const std::string& name, Role role, std::string_view password);
  Result<void> set_active(const std::string& name, bool active);
  Result<void> set_password(const std::string& name, std::string_view password);

  /// The user if the password fits. After five wrong ones a name rests for a minute, longer each time up to a
  /// quarter of an hour; a name that does not exist takes as long and rests alike. Error bad_data "login", or
  /// "locked".
  Result<User> check(const std::string& name, std::string_view password,
                     Clock::time_point now = Clock::now());

 private:
  struct Failures {
    int count = 0;
    Clock::time_point until{};
  };
  explicit Users(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> save(const std::vector<User>& users);
  /// Error internal when there is not the memory it takes.
  Result<std::string> hashed(std::string_view password);
  [[nodiscard]] std::vector<User> present() const;  ///< hashes included, for a change of the file

  const std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards users_ and failures_
  std::mutex hashing_;        // 64 MiB each: one at a time
  std::mutex changing_;       // one change of the file at a time
  std::vector<User> users_;
  std::vector<std::pair<std::string, Failures>> failures_;  // newest last; at most kRemembered names
};

}  // namespace ktp::web
