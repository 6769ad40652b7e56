// SPDX-License-Identifier: Apache-2.0
// A model as the host side of usbredir: whoever connects to the socket (QEMU's usb-redir) gets the device on
// its bus. Nothing that comes from there is trusted: sizes and numbers have limits, and a guest that breaks
// them is cut off.
#pragma once
#include <glib.h>
#include <usbredirparser.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/usb/cable.hpp"
#include "models/usb/function.hpp"

namespace model {

/// usbredir cannot say how much of a cancelled write has passed: QEMU tells its guest that nothing has. So a
/// transfer is taken whole or not at all: what the model does not take at once stays in a memory before it,
/// as real printers have one, and the next transfer waits until that is empty. One main loop's thread only.
class RedirPeer final : public UsbCable {
 public:
  /// Listens at the unix socket; plugged in at once. Throws std::runtime_error.
  RedirPeer(UsbFunction& function, std::string socket);
  ~RedirPeer() override;

  [[nodiscard]] std::string address() const override { return socket_; }
  void plug() override;
  void unplug() override;
  [[nodiscard]] bool plugged() const override { return plugged_; }
  void stall(bool in) override { function_.halt(in); }

 private:
  /// What the other side knows of the device. Until it has said that it has seen it go, it may still ask.
  enum class Shown { nothing, device, going };
  struct Write {
    std::uint64_t id = 0;
    std::vector<std::uint8_t> bytes;
  };
  struct Read {
    std::uint64_t id = 0;
    std::size_t length = 0;
  };
  struct Given {
    std::uint64_t id = 0;
    std::vector<std::uint8_t> bytes;
  };
  struct Free {
    void operator()(usbredirparser* parser) const { usbredirparser_destroy(parser); }
  };
  struct Calls;  ///< usbredirparser's

  static gboolean on_connection(gint fd, GIOCondition what, gpointer self);
  static gboolean on_bytes(gint fd, GIOCondition what, gpointer self);
  static gboolean on_tick(gpointer self);
  void accept_guest();
  void hang_up(const char* why);
  void show();
  void take_bulk(std::uint64_t id, const usb_redir_bulk_packet_header& head,
                 std::span<const std::uint8_t> data);
  void take_control(std::uint64_t id, usb_redir_control_packet_header head);
  void cancel(std::uint64_t id);
  void answer_bulk(std::uint64_t id, bool in, std::uint8_t status, std::size_t length,
                   std::span<const std::uint8_t> data = {});
  void pump();
  void serve_writes();
  void serve_reads();
  void drop_transfers();
  void flush();

  UsbFunction& function_;
  const std::string socket_;
  int listener_ = -1, guest_ = -1;
  guint listening_ = 0, reading_ = 0, ticking_ = 0;
  std::unique_ptr<usbredirparser, Free> parser_;
  bool plugged_ = true, greeted_ = false, broken_ = false;
  Shown shown_ = Shown::nothing;
  std::deque<Write> writes_;
  std::deque<Read> reads_;
  std::vector<std::uint8_t> memory_;  ///< of a transfer that was taken, and not yet by the model
  Given last_;                        ///< the last read that was answered
};

}  // namespace model
