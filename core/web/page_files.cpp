// SPDX-License-Identifier: Apache-2.0
#include "web/page_files.hpp"

#include <fstream>

namespace ktp::web {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostFiles = 64;
constexpr std::size_t kMostBytes = 16 << 20;

std::string type_of(const fs::path& file) {
  static const std::map<std::string, std::string> kTypes{{".html", "text/html; charset=utf-8"},
                                                         {".js", "text/javascript; charset=utf-8"},
                                                         {".css", "text/css; charset=utf-8"},
                                                         {".svg", "image/svg+xml"},
                                                         {".png", "image/png"},
                                                         {".json", "application/json"}};
  const auto found = kTypes.find(file.extension().string());
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

}  // namespace

Result<PageFiles> PageFiles::load(const fs::path& folder) {
  PageFiles page;
  std::error_code failed;
  std::size_t bytes = 0;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->is_regular_file()) continue;
    std::ifstream in(at->path(), std::ios::binary);
    File file{.type = type_of(at->path()),
              .bytes = std::string(std::istreambuf_iterator<char>(in), {}),
              .named_by_content = false};
    const std::string name = "/" + fs::relative(at->path(), folder, failed).generic_string();
    file.named_by_content = name.starts_with("/assets/");
    bytes += file.bytes.size();
    if (page.files_.size() >= kMostFiles || bytes > kMostBytes)
      return fail(ErrorCode::bad_data,
                  folder.string() + " is not the station's page: too many files, or too large");
    page.files_.emplace(name, std::move(file));
  }
  const auto index = page.files_.find("/index.html");
  if (index == page.files_.end())
    return fail(ErrorCode::input_missing, "the page is not there: " + (folder / "index.html").string() +
                                              "; build it with ./dev build, or install the package again");
  page.files_.emplace("/", index->second);
  return page;
}

const PageFiles::File* PageFiles::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace ktp::web
