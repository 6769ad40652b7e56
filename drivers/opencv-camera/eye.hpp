// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <station/plugin.hpp>
#include <string>

#include "opencv-camera/source.hpp"

namespace opencv_camera {

/// One camera that sends all the time, and the thread that takes what it sends, so that nothing waits in a
/// line and grows old. A picture is decoded only while somebody waits for one that was exposed since.
class Eye {
 public:
  /// Opens a source; called on the reading thread, again after a `restart`.
  using Open = std::function<std::unique_ptr<Source>()>;

  /// Begins to open it.
  Eye(station::Host& host, std::string name, Open open, const Setting& setting);
  /// The thread ends by itself within the source's own deadline; what it needs lives as long as it does.
  ~Eye();
  Eye(const Eye&) = delete;
  Eye& operator=(const Eye&) = delete;

  /// Waits until it is open, warm and has given a whole picture, whose size counts from then on. Throws what
  /// `open` throws, and at `give_up_ns` Failure: REMOVED (nothing came), PROTOCOL (nothing of use).
  void wait_for_first(std::uint64_t give_up_ns);

  [[nodiscard]] std::uint32_t width() const { return width_; }
  [[nodiscard]] std::uint32_t height() const { return height_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// "" or why it sends nothing any more.
  [[nodiscard]] std::string lost() const;

  /// A whole picture of the first one's size, whose exposure began at or after `not_before_ns`; `begun_ns`:
  /// when, at the earliest. At most `frame_ns` long.
  station::Report look(station::Op& op, std::uint64_t not_before_ns, std::uint64_t frame_ns, Picture& picture,
                       std::uint64_t& begun_ns);
  /// Closes the camera and opens it anew, for one that is frozen.
  void restart();

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  static void read(Shared& shared, Source& source);
  station::Host& host_;
  const std::string name_;
  std::uint32_t width_ = 0, height_ = 0;
  std::shared_ptr<Shared> shared_;
};

}  // namespace opencv_camera
