// SPDX-License-Identifier: Apache-2.0
// Landlock through raw system calls: neither Debian 12's C library nor its kernel headers know all of it.
#include "file_rules.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "devices/wire/fd.hpp"

namespace ktp::worker {
namespace {

constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;  // the same on every architecture

constexpr std::uint64_t kWriteFile = 1u << 1, kReadFile = 1u << 2, kReadDir = 1u << 3, kRemoveDir = 1u << 4,
                        kRemoveFile = 1u << 5, kMakeDir = 1u << 7, kMakeFile = 1u << 8,
                        kRefer = 1u << 13,  // revision 2: rename between folders
    kTruncate = 1u << 14,                   // revision 3
    kDeviceIoctl = 1u << 15;                // revision 5
constexpr std::uint64_t kAllOfRevision2 = (1u << 14) - 1;
constexpr std::uint64_t kOnFiles = kWriteFile | kReadFile | kTruncate | kDeviceIoctl;
constexpr std::uint64_t kRead = kReadFile | kReadDir;
// Not among them: device files, sockets, pipes, and symbolic links, which could lead the station itself
// astray.
constexpr std::uint64_t kWrite =
    kRead | kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeFile | kRefer | kTruncate | kDeviceIoctl;

constexpr std::uint64_t kBindTcp = 1u << 0, kConnectTcp = 1u << 1;       // revision 4
constexpr std::uint64_t kAbstractSockets = 1u << 0, kSignals = 1u << 1;  // revision 6

struct Ruleset {
  std::uint64_t files, net, scoped;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t parent;
};

/// What every program needs and nobody minds being read. Missing ones are skipped.
constexpr const char* kCommonRead[] = {"/usr/lib",
                                       "/usr/lib64",
                                       "/usr/local/lib",
                                       "/lib",
                                       "/lib64",
                                       "/etc/ld.so.cache",
                                       "/usr/share",
                                       "/etc/fonts",
                                       "/etc/localtime",
                                       "/etc/ssl/openssl.cnf",
                                       "/var/cache/fontconfig",
                                       "/dev/urandom",
                                       "/dev/random",
                                       "/dev/zero",
                                       "/proc/self",
                                       "/proc/cpuinfo",
                                       "/proc/meminfo",
                                       "/proc/stat",
                                       "/sys/devices/system"};
constexpr const char* kCommonWrite[] = {"/dev/null"};
/// What looking up a host's name and trusting its certificate needs.
constexpr const char* kNetworkRead[] = {"/etc/resolv.conf", "/etc/hosts",     "/etc/host.conf",
                                        "/etc/gai.conf",    "/etc/services",  "/etc/nsswitch.conf",
                                        "/etc/ssl",         "/etc/protocols", "/run/systemd/resolve"};

/// "" = done, or the file is not there and `must_exist` is false.
std::string allow(int ruleset, const std::filesystem::path& path, std::uint64_t access, bool must_exist) {
  const Fd at(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat about{};
  if (!at.valid() || ::fstat(at.get(), &about) != 0) {
    return must_exist ? path.string() + " cannot be opened to the driver: " + std::strerror(errno)
                      : std::string();
  }
  const PathRule rule{S_ISDIR(about.st_mode) ? access : access & kOnFiles, at.get()};
  if (::syscall(kAddRule, ruleset, 1, &rule, 0) != 0)
    return path.string() + " cannot be opened to the driver: " + std::strerror(errno);
  return {};
}

}  // namespace

int landlock_revision() {
  const long revision = ::syscall(kCreateRuleset, nullptr, 0, 1);
  return revision < 0 ? 0 : static_cast<int>(revision);
}

std::expected<wire::Measure, std::string> restrict_files(const Policy& policy) {
  const int revision = landlock_revision();
  if (revision < 2) {
    // Revision 1 cannot allow a rename between folders, which is how files are put in their place.
    return wire::Measure{"files", wire::Measure::kMissing,
                         "this kernel has no Landlock of revision 2 or later (Linux 5.19): a driver can read "
                         "and change every file of the station's user, the ledger too"};
  }
  std::uint64_t handled = kAllOfRevision2;
  if (revision >= 3) handled |= kTruncate;
  if (revision >= 5) handled |= kDeviceIoctl;
  Ruleset rules{handled, 0, 0};
  if (revision >= 4 && !policy.network) rules.net = kBindTcp | kConnectTcp;
  if (revision >= 6) rules.scoped = kSignals | (policy.network ? 0 : kAbstractSockets);
  const Fd ruleset(static_cast<int>(::syscall(kCreateRuleset, &rules, sizeof rules, 0)));
  if (!ruleset.valid()) return std::unexpected(std::string("Landlock: no rule set: ") + std::strerror(errno));

  std::string wrong;
  const auto add = [&](const std::filesystem::path& path, std::uint64_t access, bool must_exist) {
    if (wrong.empty()) wrong = allow(ruleset.get(), path, access & handled, must_exist);
  };
  for (const char* path : kCommonRead) add(path, kRead, false);
  for (const char* path : kCommonWrite) add(path, kRead | kWriteFile, false);
  if (policy.network)
    for (const char* path : kNetworkRead) add(path, kRead, false);
  if (!policy.plugin.empty()) add(policy.plugin.parent_path(), kRead, false);
  for (const auto& path : policy.read) add(path, kRead, true);
  for (const auto& path : policy.write) add(path, kWrite, true);
  if (!wrong.empty()) return std::unexpected(wrong);
  if (::syscall(kRestrictSelf, ruleset.get(), 0) != 0)
    return std::unexpected(std::string("Landlock: cannot be entered: ") + std::strerror(errno));
  if (policy.network && revision < 6) {
    return wire::Measure{
        "files", wire::Measure::kWeaker,
        "Landlock revision " + std::to_string(revision) +
            " does not hold abstract sockets: a network driver can reach local services that "
            "listen there (Linux 6.12 holds them)"};
  }
  return wire::Measure{"files", wire::Measure::kInForce, "Landlock revision " + std::to_string(revision)};
}

}  // namespace ktp::worker
