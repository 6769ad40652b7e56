// SPDX-License-Identifier: Apache-2.0
#include "app/paper_files.hpp"

#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>

namespace ktp::app {

namespace fs = std::filesystem;

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%d-%m-%Y", &parts);
  return text;
}

Result<void> make_private_folder(const fs::path& folder) {
  std::error_code failed;
  if (!fs::create_directories(folder, failed) && failed)
    return fail(ErrorCode::internal, "cannot make " + folder.string() + ": " + failed.message());
  fs::permissions(folder, fs::perms::owner_all, failed);
  return {};
}

Result<void> write_private(const fs::path& file, const std::function<Result<void>(const fs::path&)>& write) {
  const fs::path beside = file.string() + ".new";
  std::error_code failed;
  {
    const std::ofstream empty(beside, std::ios::binary | std::ios::trunc);
    if (!empty) return fail(ErrorCode::internal, "cannot write " + file.string() + "; is the disk full?");
  }
  fs::permissions(beside, fs::perms::owner_read | fs::perms::owner_write, failed);
  if (auto written = write(beside); !written) return written;
  fs::rename(beside, file, failed);
  if (failed) return fail(ErrorCode::internal, "cannot write " + file.string() + ": " + failed.message());
  return {};
}

Result<void> write_private(const fs::path& file, const std::string& text) {
  return write_private(file, [&](const fs::path& beside) -> Result<void> {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    if (!(out << text).flush())
      return fail(ErrorCode::internal, "cannot write " + file.string() + "; is the disk full?");
    return {};
  });
}

Result<std::string> read_whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream bytes;
  if (!in || !(bytes << in.rdbuf())) return fail(ErrorCode::internal, "cannot read " + file.string());
  return std::move(bytes).str();
}

}  // namespace ktp::app
