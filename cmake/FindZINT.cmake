# zint comes without a package file on Debian 12.
find_path(ZINT_INCLUDE_DIR zint.h)
find_library(ZINT_LIBRARY zint)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ZINT DEFAULT_MSG ZINT_LIBRARY ZINT_INCLUDE_DIR)
if(ZINT_FOUND AND NOT TARGET ZINT::zint)
  add_library(ZINT::zint UNKNOWN IMPORTED)
  set_target_properties(ZINT::zint PROPERTIES IMPORTED_LOCATION ${ZINT_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${ZINT_INCLUDE_DIR})
endif()
