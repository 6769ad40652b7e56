// SPDX-License-Identifier: Apache-2.0
// What the file is and what its tables say, before any device is opened.
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "check/cases.hpp"
#include "check/exports.hpp"
#include "check/process_state.hpp"
#include "module_info.hpp"

namespace ktp::check {
namespace {

void info(Bench& b) {
  const auto info = worker::read_module_info(b.subject().library);
  if (!info) b.give_up(info.error());
  if (info->abi_minor_min > info->abi_minor_built)
    b.fail("its station_module_info needs a newer host than the header it was built with");
  if (std::strchr(info->id, '.') == nullptr)
    b.warn("its id is no reverse domain name like id.example.printer");
  if (info->version[0] == 0 || info->vendor[0] == 0)
    b.fail("its station_module_info has no version or vendor");
}

void exports(Bench& b) {
  const auto names = exported_symbols(b.subject().library);
  if (!names) b.give_up(names.error());
  std::string more;
  for (const std::string& name : *names) {
    if (name != "station_module_info" && name != "station_module") more += (more.empty() ? "" : ", ") + name;
  }
  if (std::ranges::find(*names, "station_module") == names->end()) b.fail("it exports no station_module");
  if (std::ranges::find(*names, "station_module_info") == names->end())
    b.fail("it exports no station_module_info");
  if (!more.empty())
    b.fail("it exports more than its two symbols (" + more + "); link with the version script plugin.map");
}

void load(Bench& b) {
  const ProcessState before = process_state();
  const auto began = std::chrono::steady_clock::now();
  b.load();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  const ProcessState after = process_state();
  if (ms > 300) b.warn("took " + std::to_string(ms) + " ms to load, 300 are usual");
  if (after.threads > before.threads)
    b.fail("started " + std::to_string(after.threads - before.threads) + " threads before init");
  if (after.descriptors > before.descriptors)
    b.fail("opened " + std::to_string(after.descriptors - before.descriptors) + " descriptors before init");
}

void tables(Bench& b) {
  b.load();
  if (b.module().size < sizeof(stn_module)) b.give_up("its station_module is smaller than ABI 1.0 has it");
  if (b.module().reserved != 0) b.fail("a reserved field of its station_module is not zero");
  b.init();
  const std::uint32_t count = b.call("driver_count", [&] { return b.module().driver_count(); });
  if (count == 0 || count > 16)
    b.give_up("driver_count says " + std::to_string(count) + ", allowed are 1 to 16");
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < count; ++i) {
    const stn_driver* driver = b.call("driver_at", [&] { return b.module().driver_at(i); });
    const std::string which = "driver " + std::to_string(i);
    if (driver == nullptr) b.give_up(which + " is missing");
    if (driver->size < sizeof(stn_driver)) b.give_up(which + " is smaller than ABI 1.0 has it");
    if (driver->open == nullptr || driver->close == nullptr || driver->status == nullptr ||
        driver->interrupt == nullptr || driver->get_extension == nullptr || driver->id == nullptr ||
        driver->name == nullptr) {
      b.give_up(which + " has a null where a function or a text must be");
    }
    if (driver->reserved != 0) b.fail("a reserved field of " + which + " is not zero");
    if ((driver->matches == nullptr) != (driver->n_matches == 0))
      b.fail(which + " has matches without a number, or a number without matches");
    if (driver->kind < STN_KIND_PRINTER || driver->kind > STN_KIND_CHIP_READER)
      b.fail(which + " is of the unknown kind " + std::to_string(driver->kind));
    const std::string id(driver->id, ::strnlen(driver->id, 65));
    const bool good = !id.empty() && id.size() <= 63 && std::ranges::all_of(id, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!good) b.fail("the id of " + which + " is not 1 to 63 of a-z, 0-9 and '-'");
    if (std::ranges::find(ids, id) != ids.end()) b.fail("two drivers have the id " + id);
    ids.push_back(id);
    b.teller().driver(std::to_string(driver->kind) + " " + id);
  }
  for (const std::uint32_t beyond : {count, count + 1, 0xFFFF'FFFFu}) {
    if (b.call("driver_at", [&] { return b.module().driver_at(beyond); }) != nullptr)
      b.fail("driver_at(" + std::to_string(beyond) + ") is not null, although there are " +
             std::to_string(count));
  }
}

void extensions(Bench& b) {
  b.prepare();
  const std::string config_and_more = std::string(STN_EXT_CONFIG) + "x";
  const std::string endless(5'000, 'a');
  for (const std::string& id :
       {std::string(), std::string("station.nobody/1"), config_and_more, std::string("station.printer/99"),
        std::string("station.config"), std::string("\xFF\xFE/1"), std::string("STATION.CONFIG/1"), endless}) {
    if (b.call("get_extension", [&] { return b.driver().get_extension(id.c_str()); }) != nullptr)
      b.fail("gives a table for the unknown extension \"" + id.substr(0, 40) + "\"");
  }
  for (const char* id : {STN_EXT_CONFIG, STN_EXT_PRINTER, STN_EXT_CAMERA, STN_EXT_CHIP_READER}) {
    const auto ask = [&] { return b.call("get_extension", [&] { return b.driver().get_extension(id); }); };
    if (ask() != ask()) b.fail(std::string("gives another table each time for ") + id);
  }
  const char* const own = b.driver().kind == STN_KIND_PRINTER  ? STN_EXT_PRINTER
                          : b.driver().kind == STN_KIND_CAMERA ? STN_EXT_CAMERA
                                                               : STN_EXT_CHIP_READER;
  const auto* table = b.call("get_extension", [&] { return b.driver().get_extension(own); });
  if (table == nullptr) b.give_up(std::string("has no ") + own + " table");
  const std::uint32_t size = *static_cast<const std::uint32_t*>(table);
  const std::size_t need = b.driver().kind == STN_KIND_PRINTER  ? sizeof(stn_printer_v1)
                           : b.driver().kind == STN_KIND_CAMERA ? sizeof(stn_camera_v1)
                                                                : sizeof(stn_chip_reader_v1);
  if (size < need)
    b.give_up(std::string("its ") + own + " table has " + std::to_string(size) + " bytes, needed are " +
              std::to_string(need));
  if (b.driver().kind == STN_KIND_PRINTER && static_cast<const stn_printer_v1*>(table)->reserved != 0)
    b.fail(std::string("a reserved field of its ") + own + " table is not zero");
}

void newer_host(Bench& b) {
  b.host().pretend_newer();
  b.prepare();
  std::string why;
  const auto settings = b.settings(why);
  if (!settings) b.skip("cannot be opened here: " + why);
  const auto result = b.open(*settings, b.subject().serial);
  if (!b.is_open()) b.skip("cannot be opened here: " + result.message);
  b.status();
  b.close();
  b.deinit();
}

constexpr Case kCases[] = {
    {"library.info", "station_module_info is read without loading and is accepted by this station", info},
    {"library.exports", "exactly the two symbols of the ABI are exported", exports},
    {"library.load", "it loads at once, with every symbol, and does nothing before init", load},
    {"library.tables", "module and driver tables are whole; reserved fields are zero; out of range is null",
     tables},
    {"library.extensions", "an unknown or odd extension id gives null, a known one always the same table",
     extensions},
    {"library.newer-host", "it works with a station whose tables are longer than it knows", newer_host},
};

}  // namespace

std::span<const Case> library_cases() {
  return kCases;
}

}  // namespace ktp::check
