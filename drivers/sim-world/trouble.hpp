// SPDX-License-Identifier: Apache-2.0
// What can go wrong in the simulated world, in one exception that the drivers turn into results of the plugin
// ABI.
#pragma once
#include <stdexcept>
#include <string>

namespace sim {

/// What kind of trouble; decides the result code.
enum class Kind {
  io,         ///< the folder cannot be read or written
  busy,       ///< another process holds the world
  empty,      ///< no blank left in the hopper
  bad_input,  ///< the caller asked for something impossible
  not_found,  ///< no such card
};

/// Thrown by everything in drivers/sim-world. The text is English and names files, never persons.
class Trouble : public std::runtime_error {
 public:
  Trouble(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

}  // namespace sim
