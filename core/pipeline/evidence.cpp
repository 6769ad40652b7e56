// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evidence.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "artwork/picture.hpp"

namespace ktp::pipeline {

namespace {

Result<void> write_private(const std::filesystem::path& file, const std::vector<std::uint8_t>& bytes) {
  const std::string beside = (file.parent_path() / ("." + file.filename().string())).string();
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::internal, std::strerror(errno));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const int why = errno;
  ::close(fd);
  if (done != bytes.size() || ::rename(beside.c_str(), file.c_str()) != 0) {
    ::unlink(beside.c_str());
    return fail(ErrorCode::internal, std::strerror(why));
  }
  return {};
}

}  // namespace

Result<void> keep_evidence(const std::filesystem::path& folder, const Attempt& attempt,
                           const std::array<const Image*, 2>& photographs,
                           const std::array<const inspection::Report*, 2>& reports) {
  std::error_code made;
  std::filesystem::create_directories(folder, made);
  if (made) return fail(ErrorCode::internal, made.message());
  ::chmod(folder.c_str(), 0700);
  for (const std::size_t i : {0u, 1u}) {
    const Face& face = i == 0 ? attempt.job->front : attempt.job->back;
    const auto name = [&](const char* what) {
      return folder / (attempt.card + "-" + to_string(face.side) + "-" + what);
    };
    const auto store = [&](const char* what, Result<std::vector<std::uint8_t>> bytes) -> Result<void> {
      if (!bytes) return std::unexpected(bytes.error());
      return write_private(name(what), *bytes);
    };
    if (auto stored = store("expected.png", artwork::encode_png(face.image.view())); !stored) return stored;
    if (photographs[i]->empty()) continue;
    if (auto stored = store("photograph.png", artwork::encode_png(photographs[i]->view())); !stored)
      return stored;
    const Image& shown = reports[i]->rectified.empty() ? *photographs[i] : reports[i]->rectified;
    if (auto stored =
            store("marked.jpg", artwork::encode_jpeg(inspection::marked(shown, reports[i]->findings).view()));
        !stored)
      return stored;
  }
  return {};
}

}  // namespace ktp::pipeline
