// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "devices/wire.hpp"

namespace ktp::worker {

/// What this worker's plugin may touch. Decided by the core (core/devices/sandbox.hpp) from the
/// configuration; a plugin has no say in it.
struct Policy {
  std::filesystem::path plugin;              ///< its folder may be read; empty: no plugin (the self-check)
  std::vector<std::filesystem::path> read;   ///< files and folders, with everything below them
  std::vector<std::filesystem::path> write;  ///< the same, for reading and writing
  bool network = false;                      ///< IP sockets, and connecting to local services
  bool pcsc = false;          ///< the smart card service: connected to before all else, and to nothing after
  std::filesystem::path usb;  ///< node of its device, opened before all else; empty: none
  std::filesystem::path record;    ///< new file for what passes over it, made before all else; empty: none
  bool record_whole = false;       ///< pictures too
  std::filesystem::path replay;    ///< a transcript in the device's place; empty: none
  std::uint64_t memory_bytes = 0;  ///< address space; 0 = no limit
};

/// Gives up everything that `policy` does not grant, for this process and for good: privileges, files, system
/// calls, memory. Before any other thread exists and before the plugin's file is opened. What the kernel
/// cannot do comes back as a measure that is `missing` or `weaker`; an error means that it can and it did not
/// work, and then nothing may be loaded. A forbidden system call fails with EPERM and is told to the core as
/// a violation over `socket` (-1: not told), once for each system call.
[[nodiscard]] std::expected<std::vector<wire::Measure>, std::string> isolate(const Policy& policy,
                                                                             int socket);

/// Tries what must not work and what must, in this process, after `isolate`: each measure that claims to be
/// in force and is not becomes `missing`. `parent`: a process that may not be signalled.
void prove(std::vector<wire::Measure>& measures, int parent);

}  // namespace ktp::worker
