// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include <exception>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

namespace ktp::worker {

std::expected<const stn_module*, std::string> load_module(const std::filesystem::path& path) {
  namespace dll = boost::dll;
  try {
    // Not append_decorations: it would try other names than the one that was checked. Not lazy: a missing
    // symbol shall show now and not in the middle of a card. The object is leaked on purpose: code of a
    // plugin must never go away under a thread.
    auto* library = new dll::shared_library(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    if (!library->has("station_module")) return std::unexpected("it exports no station_module");
    return &library->get<const stn_module>("station_module");
  } catch (
      const std::exception& e) {  // the throwing overloads carry dlerror's text, the error_code ones do not
    return std::unexpected(std::string("it cannot be loaded: ") + e.what());
  }
}

}  // namespace ktp::worker
