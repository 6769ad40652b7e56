// SPDX-License-Identifier: Apache-2.0
// The one animal that needs C++.
#include <stdexcept>

extern "C" void zoo_throw();
extern "C" void zoo_throw() {
  throw std::runtime_error("through the edge");
}
