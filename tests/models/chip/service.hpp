// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

namespace ktp::model {

/// The real pcscd with the virtual reader vpcd, on this process's own machine (own_machine.hpp): two slots,
/// "Virtual PCD 00 00" on port 35963 and "Virtual PCD 00 01" on the next. Stopped by its own pid.
class SmartCardService {
 public:
  /// `folder`: for its list of readers and what it says. Does not start it.
  explicit SmartCardService(std::filesystem::path folder);
  ~SmartCardService();
  SmartCardService(const SmartCardService&) = delete;
  SmartCardService& operator=(const SmartCardService&) = delete;

  /// "" = it runs and says so; else what is missing here, or what it said. Without a reader it has none to
  /// offer, as if it had been unplugged.
  std::string start(bool with_reader = true);
  void stop();            ///< as a service manager does
  void kill();            ///< as a crash does
  void freeze(bool yes);  ///< it is there, and does not answer

  /// The reader's first slot.
  static constexpr const char* kReader = "Virtual PCD 00 00";
  static constexpr int kPort = 35963;

 private:
  void end(int signal);
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace ktp::model
