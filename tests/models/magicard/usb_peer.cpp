// SPDX-License-Identifier: Apache-2.0
// The Magicard model as a USB device (models/usb).
//
//   magicard_usb_peer WORLD --control SOCKET [--serial S] [--blanks N] [--faults SCRIPT] [--counts
//   fed|printed] [--redir PATH]
//
// Says `ready ROOT` when it is there (ROOT is the UMOCKDEV_DIR of whoever shall see it). With --redir it is
// there for the usbredir guest that connects to PATH, and says `ready PATH`. One line a connection on the
// control socket, answered by one line:
//   take BIN          the operator takes the card from the output and puts it into BIN
//   clear             opens the lid, takes out what lies inside (to bin damaged), mends, closes
//   power             off, mends, what is stuck to bin damaged; on again after a second
//   fill N            N more blanks
//
//   fault BLANK AT TROUBLE   at AT ("feed", "B", "G", "R", "K", "flip", "eject") of that blank: "jam",
//   "film", "lid"
//
//   unplug, plug      the cable
//   stall in|out      that endpoint, until the host clears it
//   state             "cards=N inside=N trouble=TEXT refused=N"
// --faults is the script of drivers/sim-world (half-print@4; missing-panel@7:1): what it does to a printed
// face.
#include <glib.h>

#include <cstdio>
#include <exception>
#include <sstream>
#include <string>

#include "models/magicard/printer.hpp"
#include "models/usb/make_cable.hpp"
#include "models/usb/run_model.hpp"
#include "models/usb/world_tray.hpp"

namespace {

// Device and configuration as the bus sends them: vendor 0c1f, product 1800, printer class 7/1/2, one bulk
// endpoint each way.
constexpr const char* kDescriptors =
    "12010002000000401F0C0018000101020301"
    "09022000010100C032"
    "090400000207010200"
    "07050102000200"
    "07058202000200";

std::string obey(const std::string& line, model::WorldTray& tray, model::MagicardPrinter& printer,
                 model::UsbCable& usb) {
  std::istringstream in(line);
  std::string word;
  in >> word;
  if (word == "take") {
    std::string bin;
    in >> bin;
    return tray.take(bin) ? "ok" : "no card, or no such bin";
  }
  if (word == "clear") return "ok " + std::to_string(printer.clear());
  if (word == "power" && usb.plugged()) {
    usb.unplug();
    printer.power_cycle();
    g_timeout_add(
        1'000,
        [](gpointer data) -> gboolean {
          static_cast<model::UsbCable*>(data)->plug();
          return G_SOURCE_REMOVE;
        },
        &usb);
    return "ok";
  }
  if (word == "fill") {
    std::uint64_t more = 0;
    in >> more;
    tray.fill(more);
    return "ok";
  }
  if (word == "fault") {
    model::MagicardPrinter::Fault fault;
    in >> fault.blank >> fault.at >> fault.trouble;
    printer.plan(std::move(fault));
    return "ok";
  }
  if (word == "stall") {
    std::string way;
    in >> way;
    usb.stall(way == "in");
    return "ok";
  }
  if (word == "unplug" && usb.plugged()) return usb.unplug(), "ok";
  if (word == "plug" && !usb.plugged()) return usb.plug(), "ok";
  if (word == "state")
    return "cards=" + std::to_string(printer.cards()) + " inside=" + std::to_string(printer.inside()) +
           " trouble=" + printer.trouble() + " refused=" + std::to_string(printer.refused().size());
  return "unknown command";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  std::string control, serial = "MODEL0002", faults, redir, counts = "printed";
  std::uint64_t blanks = 500;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string word = argv[i], value = argv[i + 1];
    if (word == "--control")
      control = value;
    else if (word == "--serial")
      serial = value;
    else if (word == "--redir")
      redir = value;
    else if (word == "--faults")
      faults = value;
    else if (word == "--blanks")
      blanks = std::stoull(value);
    else if (word == "--counts")
      counts = value;
    else
      return 64;
  }
  try {
    using Counts = model::MagicardPrinter::Counts;
    model::WorldTray tray(argv[1], blanks, faults);
    model::MagicardPrinter printer(tray, serial, tray.taken(), 2'000,
                                   counts == "fed" ? Counts::fed : Counts::printed);
    model::UsbFunction function(printer,
                                {"0c1f", "1800", kDescriptors, "Model", "Model of a Magicard", serial});
    const auto usb = model::make_cable(function, redir);
    return model::run_model(usb->address(), control,
                            [&](const std::string& line) { return obey(line, tray, printer, *usb); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "model: %s\n", error.what());
    return 1;
  }
}
