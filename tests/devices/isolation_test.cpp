// SPDX-License-Identifier: Apache-2.0
// What a plugin may and may not, tried by a plugin: each rule both ways. Where the running kernel lacks a
// protection the tests of that one say so and are skipped; nothing else is skipped.
#include <fcntl.h>
#include <station/abi.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <gmock/gmock.h>

#include "devices/fixture.hpp"
#include "devices/shared_region.hpp"

namespace ktp::devices::test {

class IsolationTest : public DeviceTest {
 protected:
  DeviceConfig probe(const std::string& act) {
    DeviceConfig config;
    config.name = "probe";
    config.plugin = plugin("test-probe");
    config.worker = WORKER;
    config.settings = {{"act", act}, {"folder", folder_.path() / "granted"}};
    return config;
  }
  std::string answer(const DeviceConfig& config) {
    auto device = printer(config);
    if (!device) return "not opened";
    DeviceStatus status;
    const CallResult result = device->status(status);
    isolation_ = status.isolation;
    return result.worker_lost ? "lost: " + result.message : result.message;
  }
  bool lacking(const std::string& protection) {
    const auto found = std::ranges::find(isolation_, protection, &Protection::name);
    return found == isolation_.end() || found->force == Protection::Force::missing;
  }
  std::string file(const std::string& name) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << "the station's own";
    return path.string();
  }
  std::vector<Protection> isolation_;
};

struct Rule {
  const char* act;
  const char* end;  ///< "ok" or the error
  const char* protection;
};
void PrintTo(const Rule& rule, std::ostream* out) {
  *out << rule.act;
}
class Rules : public IsolationTest, public ::testing::WithParamInterface<Rule> {};

TEST_P(Rules, HoldBothWays) {
  auto config = probe(GetParam().act);
  config.settings["other"] = file("ledger");
  config.settings["input"] = file("input");
  const std::string end = answer(config);
  if (lacking(GetParam().protection) && end != GetParam().end)
    GTEST_SKIP() << "NOT TESTED: this kernel or build has no protection of " << GetParam().protection;
  EXPECT_EQ(end, GetParam().end);
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "ledger"), 17u);
}

INSTANTIATE_TEST_SUITE_P(
    each, Rules,
    ::testing::Values(Rule{"nothing", "ok", "files"}, Rule{"at-load", "EACCES EPERM", "files"},
                      Rule{"read-library", "ok", "files"}, Rule{"use-dev-null", "ok", "files"},
                      Rule{"read-passwd", "EACCES", "files"}, Rule{"read-other", "EACCES", "files"},
                      Rule{"read-input", "ok", "files"}, Rule{"write-input", "EACCES", "files"},
                      Rule{"list-root", "EACCES", "files"}, Rule{"read-core", "EACCES", "files"},
                      Rule{"write-folder", "ok", "files"}, Rule{"write-default", "EACCES", "files"},
                      Rule{"write-other", "EACCES", "files"}, Rule{"rename-between-folders", "ok", "files"},
                      Rule{"plant-link", "EACCES", "files"}, Rule{"remove-other", "EACCES", "files"},
                      Rule{"truncate-other", "EPERM", "system-calls"},
                      Rule{"chmod-other", "EPERM", "system-calls"}, Rule{"thread", "ok", "system-calls"},
                      Rule{"fork", "EPERM", "system-calls"}, Rule{"raw-vfork", "EPERM", "system-calls"},
                      Rule{"exec", "EPERM", "system-calls"}, Rule{"system", "EPERM", "system-calls"},
                      Rule{"signal-core", "EPERM", "system-calls"},
                      Rule{"signal-everyone", "EPERM", "system-calls"},
                      Rule{"signal-itself", "ok", "system-calls"}, Rule{"trace", "EPERM", "system-calls"},
                      Rule{"limit-core", "EPERM", "system-calls"}, Rule{"slow-core", "EPERM", "system-calls"},
                      Rule{"outlive-core", "EPERM", "system-calls"}, Rule{"network", "EPERM", "system-calls"},
                      Rule{"network6", "EPERM", "system-calls"}, Rule{"netlink", "EPERM", "system-calls"},
                      Rule{"packet", "EPERM", "system-calls"}, Rule{"socketpair", "ok", "system-calls"},
                      Rule{"local-service", "EPERM", "system-calls"}, Rule{"mount", "EPERM", "system-calls"},
                      Rule{"namespace", "EPERM", "system-calls"}, Rule{"bpf", "EPERM", "system-calls"},
                      Rule{"kexec", "EPERM", "system-calls"}, Rule{"io-uring", "ENOSYS", "system-calls"},
                      Rule{"clock", "EPERM", "system-calls"}, Rule{"shared-memory", "EPERM", "system-calls"},
                      Rule{"root-again", "EPERM", "system-calls"}, Rule{"much-memory", "ENOMEM", "memory"},
                      Rule{"some-memory", "ok", "memory"}, Rule{"write-far", "EFBIG", "limits"},
                      Rule{"write-near", "ok", "limits"}, Rule{"lock-much-memory", "ENOMEM", "limits"},
                      Rule{"lock-some-memory", "ok", "limits"}, Rule{"many-descriptors", "EMFILE", "limits"},
                      Rule{"raise-limit", "EPERM", "limits"}),
    [](const auto& instance) {
      std::string name = instance.param.act;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_F(IsolationTest, ADeclaredNetworkDriverHasTheNetworkAndNothingMore) {
  for (const auto& [act, end] : std::map<std::string, std::string>{{"network", "ok"},
                                                                   {"network6", "ok"},
                                                                   {"netlink", "ok"},
                                                                   {"listen", "ok"},
                                                                   {"local-service", "ENOENT"},
                                                                   {"packet", "EPERM"},
                                                                   {"fork", "EPERM"},
                                                                   {"read-passwd", "EACCES"}}) {
    auto config = probe(act);
    config.network = true;
    const std::string got = answer(config);
    if (lacking("files") || lacking("system-calls")) GTEST_SKIP() << "NOT TESTED: protections are missing";
    EXPECT_EQ(got, end) << act;
  }
}

TEST_F(IsolationTest, AForbiddenCallIsToldWithItsNameOnce) {
  auto device = printer(probe("fork"));
  DeviceStatus status;
  for (int i = 0; i < 3; ++i) device->status(status);
  if (std::ranges::find(status.isolation, "system-calls", &Protection::name)->force !=
      Protection::Force::in_force)
    GTEST_SKIP() << "NOT TESTED: this kernel has no seccomp";
  EXPECT_TRUE(events_.wait_for(Kind::violation, "tried to start another process (clone)"));
  EXPECT_EQ(events_.count(Kind::violation, "tried to start another process"), 1);
  EXPECT_EQ(device->last_status().restarts, 0);
}

TEST_F(IsolationTest, APathThatTheAdministratorDidNotNameStaysShutThoughTheDriverHasItAsDefault) {
  auto config = probe("write-default");
  const std::string shut = answer(config);
  if (lacking("files")) GTEST_SKIP() << "NOT TESTED: this kernel has no Landlock";
  EXPECT_EQ(shut, "EACCES");
  config.settings["default-folder"] = "/tmp";
  EXPECT_EQ(answer(config), "ok");
  std::filesystem::remove("/tmp/.ktp-probe");
}

TEST_F(IsolationTest, ASettingCannotOpenTheStationsOwnFilesOrTheWholeMachine) {
  const auto data = folder_.path() / "data";
  std::filesystem::create_directories(data / "world");
  std::filesystem::create_symlink(folder_.path(), folder_.path() / "way-round");
  for (const auto& wrong : {data, folder_.path(), std::filesystem::path("/"), data / "..", data / ".",
                            folder_.path() / "way-round", folder_.path() / "way-round/data/"}) {
    auto config = probe("nothing");
    config.keep_out = {data};
    config.settings["folder"] = wrong;
    const auto device = Printer::open(config, nullptr);
    ASSERT_FALSE(device) << wrong;
    EXPECT_EQ(device.error().code, ErrorCode::configuration);
    EXPECT_NE(device.error().message.find("setting \"folder\""), std::string::npos) << device.error().message;
  }
  auto config = probe("write-folder");
  config.keep_out = {data};
  config.settings["folder"] = data / "world";
  EXPECT_EQ(answer(config), "ok");
}

TEST_F(IsolationTest, EveryProtectionIsReportedAndTheCheckProvesThem) {
  answer(probe("nothing"));
  const auto checked = check_isolation(WORKER);
  ASSERT_TRUE(checked) << checked.error().message;
  std::vector<std::string> names;
  for (const Protection& protection : *checked) {
    names.push_back(protection.name);
    EXPECT_FALSE(protection.detail.starts_with("claimed")) << protection.name << ": " << protection.detail;
    EXPECT_NE(protection.detail, "");
  }
  EXPECT_THAT(names,
              ::testing::UnorderedElementsAre("memory", "limits", "privileges", "files", "system-calls"));
  ASSERT_EQ(checked->size(), isolation_.size());
  for (std::size_t i = 0; i < checked->size(); ++i) {
    EXPECT_EQ((*checked)[i].name, isolation_[i].name);
    EXPECT_EQ((*checked)[i].force, isolation_[i].force);
  }
}

TEST_F(IsolationTest, AWorkerEndsWithItsSocketThoughTheProcessThatStartedItLives) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const std::string worker = WORKER, library = plugin("test-obedient"), core = std::to_string(::getpid());
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(pair[1], 3);
    ::execl(worker.c_str(), worker.c_str(), "3", core.c_str(), library.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(pair[1]);
  char packet[65'536];
  ASSERT_GT(::recv(pair[0], packet, sizeof packet, 0), 0);  // it is up
  ::close(pair[0]);
  EXPECT_TRUE(gone_within(pid, 5s));
  signal_worker(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

// ---- shared memory ----

TEST(SharedRegionTest, OfTheCoreCannotBeWrittenThroughAnyLaterMappingOrWrite) {
  auto region = SharedRegion::create(4'096, SharedRegion::Writers::core);
  ASSERT_TRUE(region);
  region->bytes()[0] = 7;
  EXPECT_EQ(::mmap(nullptr, 4'096, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd().get(), 0), MAP_FAILED);
  EXPECT_EQ(::pwrite(region->fd().get(), "x", 1, 0), -1);
  void* const seen = ::mmap(nullptr, 4'096, PROT_READ, MAP_SHARED, region->fd().get(), 0);
  ASSERT_NE(seen, MAP_FAILED);
  EXPECT_EQ(::mprotect(seen, 4'096, PROT_READ | PROT_WRITE), -1) << "a reader made itself a writer";
  region->bytes()[1] = 8;  // the core goes on writing
  EXPECT_EQ(static_cast<std::uint8_t*>(seen)[0], 7);
  EXPECT_EQ(static_cast<std::uint8_t*>(seen)[1], 8);
  ::munmap(seen, 4'096);
}

TEST(SharedRegionTest, CanNeitherShrinkNorGrowNorBeSealedFurther) {
  for (const auto writers : {SharedRegion::Writers::core, SharedRegion::Writers::both}) {
    auto region = SharedRegion::create(8'192, writers);
    ASSERT_TRUE(region);
    EXPECT_EQ(::ftruncate(region->fd().get(), 4'096), -1);
    EXPECT_EQ(::ftruncate(region->fd().get(), 16'384), -1);
    EXPECT_EQ(::fcntl(region->fd().get(), F_ADD_SEALS, F_SEAL_WRITE), -1);
  }
}

TEST(SharedRegionTest, OfBothIsWrittenByBoth) {
  auto region = SharedRegion::create(4'096, SharedRegion::Writers::both);
  ASSERT_TRUE(region);
  void* const theirs = ::mmap(nullptr, 4'096, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd().get(), 0);
  ASSERT_NE(theirs, MAP_FAILED);
  static_cast<std::uint8_t*>(theirs)[5] = 9;
  EXPECT_EQ(region->bytes()[5], 9);
  ::munmap(theirs, 4'096);
}

}  // namespace ktp::devices::test
