// SPDX-License-Identifier: Apache-2.0
// The Evolis model as a USB device (models/usb).
//
//   evolis_usb_peer WORLD --control SOCKET [--serial S] [--blanks N] [--faults SCRIPT] [--panel-ms N]
//                          [--redir PATH]
//
// Says `ready ROOT` when it is there (ROOT is the UMOCKDEV_DIR of whoever shall see it). With --redir it is
// there for the usbredir guest that connects to PATH, and says `ready PATH`. One line a connection on the
// control socket, answered by one line:
//   take BIN          the operator takes the card from the output and puts it into BIN
//   clear             opens the cover, takes out what lies inside (to bin damaged), mends, closes
//   fill N            N more blanks
//   fault CARD AT TEXT   at command AT ("Ss", "Dbc;c", "Se") of card CARD: TEXT, until cleared
//   unplug, plug      the cable
//   stall in|out      that endpoint, until the host clears it
//   state             "cards=N panels=N inside=N trouble=TEXT mode=N"
// --faults is the script of drivers/sim-world (half-print@4; missing-panel@7:1): what it does to a printed
// face.
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>

#include "models/evolis/printer.hpp"
#include "models/usb/make_cable.hpp"
#include "models/usb/run_model.hpp"
#include "models/usb/world_tray.hpp"

namespace {

// Device and configuration as the bus sends them: vendor 0f49, printer class 7/1/2, one bulk endpoint each
// way.
constexpr const char* kDescriptors =
    "1201000200000040490F000A000101020301"
    "09022000010100C032"
    "090400000207010200"
    "07050102000200"
    "07058202000200";

std::string obey(const std::string& line, model::WorldTray& tray, model::EvolisPrinter& printer,
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
  if (word == "fill") {
    std::uint64_t more = 0;
    in >> more;
    tray.fill(more);
    return "ok";
  }
  if (word == "fault") {
    model::PlannedFault fault;
    in >> fault.card >> fault.at;
    std::getline(in >> std::ws, fault.text);
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
    return "cards=" + std::to_string(printer.cards()) + " panels=" + std::to_string(printer.panels()) +
           " inside=" + std::to_string(printer.inside()) + " trouble=" + printer.trouble() +
           " mode=" + std::to_string(printer.error_mode());
  return "unknown command";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  std::string control, serial = "MODEL0001", faults, redir;
  std::uint64_t blanks = 500, panel_ms = 0;
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
    else if (word == "--panel-ms")
      panel_ms = std::stoull(value);
    else
      return 64;
  }
  try {
    model::WorldTray tray(argv[1], blanks, faults);
    model::EvolisPrinter printer(tray, serial, tray.taken(), 200);
    printer.panel_takes(static_cast<std::int64_t>(panel_ms) * 1000);
    model::UsbFunction function(printer,
                                {"0f49", "0a00", kDescriptors, "Model", "Model of an Evolis", serial});
    const auto usb = model::make_cable(function, redir);
    return model::run_model(usb->address(), control,
                            [&](const std::string& line) { return obey(line, tray, printer, *usb); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "model: %s\n", error.what());
    return 1;
  }
}
