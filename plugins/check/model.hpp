// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ktp::check {

/// A device model: a program that plays the device for one test. It says "ready" and a newline on its stdout
/// when it can be spoken to, and is killed when the test is over. "@TEMP@" in its words is the test's folder;
/// a word that begins with "./" is a file beside the plugin.
class Model {
 public:
  Model(std::vector<std::string> words, const std::filesystem::path& temp,
        const std::filesystem::path& beside);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model();
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  pid_t pid_ = -1;
  std::string error_;
};

/// `text` with every "@TEMP@" replaced.
[[nodiscard]] std::string with_temp(std::string text, const std::filesystem::path& temp);

}  // namespace ktp::check
