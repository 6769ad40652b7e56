// SPDX-License-Identifier: Apache-2.0
#include "web/users.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "web/passwords.hpp"

namespace ktp::web {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 6> kRoles{{{Role::nobody, "nobody"},
                                                                   {Role::auditor, "auditor"},
                                                                   {Role::operator_, "operator"},
                                                                   {Role::inspector, "inspector"},
                                                                   {Role::supervisor, "supervisor"},
                                                                   {Role::administrator, "administrator"}}};
constexpr int kTries = 5;
constexpr auto kFirstRest = std::chrono::minutes(1), kLongestRest = std::chrono::minutes(15);
constexpr std::size_t kRemembered = 256, kMostUsers = 200;

bool may_be_name(std::string_view name) {
  if (name.size() < 2 || name.size() > 32 || name == "station") return false;
  int digits = 0;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    digits += digit ? 1 : 0;
    if (!digit && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '.' && c != '-') return false;
  }
  return digits < 8;  // the name stands in the log, where no personal number may
}

Result<void> may_be_password(std::string_view password, std::string_view name) {
  if (password.size() < kShortestPassword || password.size() > kLongestPassword)
    return fail(ErrorCode::bad_data,
                "password: at least " + std::to_string(kShortestPassword) + " characters");
  if (password == name || std::ranges::all_of(password, [&](char c) { return c == password[0]; }))
    return fail(ErrorCode::bad_data, "password: too easy to guess");
  return {};
}

Result<void> write_synced(const fs::path& file, const std::string& text) {
  const fs::path beside = file.parent_path() / ("." + file.filename().string());
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::internal, "cannot write " + file.string() + ": " + std::strerror(errno));
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const bool whole = done == text.size() && ::fsync(fd) == 0;
  ::close(fd);
  if (!whole || ::rename(beside.c_str(), file.c_str()) != 0)
    return fail(ErrorCode::internal, "cannot write " + file.string() + "; is the disk full?");
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

}  // namespace

std::string_view to_string(Role role) {
  for (const auto& [one, word] : kRoles)
    if (one == role) return word;
  return "nobody";
}

std::optional<Role> role_from(std::string_view word) {
  for (const auto& [role, one] : kRoles)
    if (one == word && role != Role::nobody) return role;
  return std::nullopt;
}

Result<std::unique_ptr<Users>> Users::load(const fs::path& data) {
  std::unique_ptr<Users> users(new Users(data / "users.json"));
  struct stat about{};
  if (::stat(users->file_.c_str(), &about) != 0) {
    if (errno == ENOENT) return users;
    return fail(ErrorCode::configuration,
                "cannot read " + users->file_.string() + ": " + std::strerror(errno));
  }
  if ((about.st_mode & 077) != 0)
    return fail(ErrorCode::configuration, users->file_.string() + " may be read by others: chmod 600 it");
  std::ifstream in(users->file_);
  const auto json = nlohmann::json::parse(in, nullptr, false);
  const auto wrong = [&] {
    return fail(ErrorCode::configuration,
                users->file_.string() + " is not a list of users; put back a copy of it");
  };
  if (!json.is_array() || json.size() > kMostUsers) return wrong();
  for (const auto& one : json) {
    if (!one.is_object()) return wrong();
    const auto role = role_from(one.value("role", ""));
    User user{.name = one.value("name", ""),
              .role = role.value_or(Role::nobody),
              .hash = one.value("hash", ""),
              .active = one.value("active", false)};
    if (!role || !may_be_name(user.name) || user.hash.empty()) return wrong();
    users->users_.push_back(std::move(user));
  }
  return users;
}

bool Users::empty() const {
  const std::lock_guard lock(mutex_);
  return users_.empty();
}

std::vector<User> Users::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<User> users = users_;
  for (User& user : users) user.hash.clear();
  return users;
}

std::optional<User> Users::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const User& user : users_)
    if (user.name == name) return user;
  return std::nullopt;
}

Result<void> Users::save(const std::vector<User>& users) {
  auto json = nlohmann::json::array();
  for (const User& user : users)
    json.push_back(
        {{"name", user.name}, {"role", to_string(user.role)}, {"hash", user.hash}, {"active", user.active}});
  if (auto written = write_synced(file_, json.dump(2) + "\n"); !written) return written;
  const std::lock_guard lock(mutex_);
  users_ = users;
  return {};
}

Result<std::string> Users::hashed(std::string_view password) {
  const std::lock_guard one(hashing_);
  auto hash = password_hash(password);
  if (hash.empty()) return fail(ErrorCode::internal, "not enough memory to hash a password");
  return hash;
}

std::vector<User> Users::present() const {
  const std::lock_guard lock(mutex_);
  return users_;
}

Result<void> Users::add(const std::string& name, Role role, std::string_view password) {
  if (!may_be_name(name))
    return fail(ErrorCode::bad_data,
                "name: 2 to 32 letters, digits, dots and hyphens, fewer than eight digits");
  if (role == Role::nobody)
    return fail(ErrorCode::bad_data, "role: operator, inspector, supervisor, administrator or auditor");
  if (auto allowed = may_be_password(password, name); !allowed) return allowed;
  auto hash = hashed(password);
  if (!hash) return std::unexpected(hash.error());
  const std::lock_guard change(changing_);
  std::vector<User> users = present();
  if (std::ranges::any_of(users, [&](const User& user) { return user.name == name; }))
    return fail(ErrorCode::bad_data, "name: taken");
  if (users.size() >= kMostUsers)
    return fail(ErrorCode::bad_data, "name: there are " + std::to_string(kMostUsers) + " users already");
  users.push_back({.name = name, .role = role, .hash = *std::move(hash), .active = true});
  return save(users);
}

Result<void> Users::set_active(const std::string& name, bool active) {
  const std::lock_guard change(changing_);
  std::vector<User> users = present();
  const auto found = std::ranges::find(users, name, &User::name);
  if (found == users.end()) return fail(ErrorCode::input_missing, "name: no such user");
  found->active = active;
  const bool somebody = std::ranges::any_of(
      users, [](const User& user) { return user.active && user.role == Role::administrator; });
  if (!somebody) return fail(ErrorCode::bad_data, "name: the last administrator stays");
  return save(users);
}

Result<void> Users::set_password(const std::string& name, std::string_view password) {
  if (auto allowed = may_be_password(password, name); !allowed) return allowed;
  auto hash = hashed(password);
  if (!hash) return std::unexpected(hash.error());
  const std::lock_guard change(changing_);
  std::vector<User> users = present();
  const auto found = std::ranges::find(users, name, &User::name);
  if (found == users.end()) return fail(ErrorCode::input_missing, "name: no such user");
  found->hash = *std::move(hash);
  return save(users);
}

Result<User> Users::check(const std::string& name, std::string_view password, Clock::time_point now) {
  std::string hash;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [who, failures] : failures_)
      if (who == name && failures.count >= kTries && now < failures.until)
        return fail(ErrorCode::bad_data, "locked");
    const auto found = std::ranges::find(users_, name, &User::name);
    if (found != users_.end() && found->active) hash = found->hash;
  }
  bool fits = false;
  if (password.size() <= kLongestPassword) {
    const std::lock_guard one(hashing_);
    // A name that is not there costs as much, so that nobody learns from the time which names are.
    static const std::string kNobody = password_hash(random_name(16));
    fits = password_fits(hash.empty() ? kNobody : hash, password) && !hash.empty();
  }
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(failures_, name, &std::pair<std::string, Failures>::first);
  if (fits) {
    if (known != failures_.end()) failures_.erase(known);
    const auto found = std::ranges::find(users_, name, &User::name);
    if (found == users_.end() || !found->active || found->hash != hash)
      return fail(ErrorCode::bad_data, "login");
    User user = *found;
    user.hash.clear();
    return user;
  }
  Failures failures = known == failures_.end() ? Failures{} : known->second;
  if (known != failures_.end()) failures_.erase(known);
  ++failures.count;
  if (failures.count >= kTries) {
    const auto rest = std::min<std::chrono::seconds>(kFirstRest * (1 << std::min(failures.count - kTries, 8)),
                                                     kLongestRest);
    failures.until = now + rest;
  }
  failures_.emplace_back(name.substr(0, 64), failures);
  if (failures_.size() > kRemembered) failures_.erase(failures_.begin());
  return fail(ErrorCode::bad_data, "login");
}

}  // namespace ktp::web
