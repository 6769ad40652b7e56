// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <set>
#include <station/plugin.hpp>
#include <string>
#include <vector>

#include "gphoto2/wishes.hpp"
#include "sim-world/picture.hpp"

namespace gphoto2 {

/// One tethered still camera over PTP/IP through libgphoto2: released by us, its file fetched, decoded whole
/// and deleted. One thread; a call may block as long as the camera likes, so the caller waits elsewhere
/// (helper.hpp). Throws station::Failure: REMOVED (does not answer, hung up), BUSY, HARDWARE (its own storage
/// is full), BAD_INPUT (a setting that it does not take, with what it allows).
class Still {
 public:
  /// `address`: "192.168.1.20" or "192.168.1.20:15740".
  Still(const station::Host& host, const std::string& address, const std::vector<Wish>& wishes);
  ~Still();
  Still(const Still&) = delete;
  Still& operator=(const Still&) = delete;

  /// "" = it is in `picture`, else what is wrong with it. `released_ns`: just before the release, on the
  /// host's clock. Never a file that was there before the release: what the camera told unasked is let go
  /// first, a name is taken once, and its date must not be older than the release by the camera's own clock.
  std::string photograph(sim::Picture& picture, std::uint64_t& released_ns);

 private:
  struct Library;
  void set(const Wish& wish);
  void let_go_of_what_came();
  [[noreturn]] void failed(int code, const char* doing) const;

  const station::Host& host_;
  const std::string name_;
  std::unique_ptr<Library> library_;
  std::set<std::string> taken_;  // names of files, since it was opened
  bool has_offset_ = false;
  std::int64_t offset_s_ = 0;  // the camera's clock less ours
};

}  // namespace gphoto2
