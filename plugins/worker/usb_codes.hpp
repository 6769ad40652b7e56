// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <libusb.h>
#include <station/abi.h>

#include <cstdint>

namespace ktp::worker {

/// What an error of libusb is called in the plugin ABI. Every enumerator has a line; anything newer is a
/// fault of the bus.
[[nodiscard]] constexpr stn_code code_of_error(int error) {
  switch (error) {
    case LIBUSB_SUCCESS:
      return STN_OK;
    case LIBUSB_ERROR_INVALID_PARAM:
      return STN_E_BAD_INPUT;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:  // its interface or endpoint has gone: it is not the device we claimed
      return STN_E_REMOVED;
    case LIBUSB_ERROR_BUSY:
      return STN_E_BUSY;
    case LIBUSB_ERROR_TIMEOUT:
      return STN_E_TIMEOUT;
    case LIBUSB_ERROR_PIPE:
      return STN_E_PROTOCOL;
    case LIBUSB_ERROR_INTERRUPTED:
      return STN_E_CANCELLED;
    case LIBUSB_ERROR_NOT_SUPPORTED:
    case LIBUSB_ERROR_ACCESS:
      return STN_E_UNSUPPORTED;
    case LIBUSB_ERROR_OVERFLOW:
    case LIBUSB_ERROR_IO:
    case LIBUSB_ERROR_NO_MEM:
    case LIBUSB_ERROR_OTHER:
    default:
      return STN_E_HARDWARE;
  }
}

/// The same for how a transfer ended.
[[nodiscard]] constexpr stn_code code_of_status(libusb_transfer_status status) {
  switch (status) {
    case LIBUSB_TRANSFER_COMPLETED:
      return STN_OK;
    case LIBUSB_TRANSFER_TIMED_OUT:
      return STN_E_TIMEOUT;
    case LIBUSB_TRANSFER_CANCELLED:
      return STN_E_CANCELLED;
    case LIBUSB_TRANSFER_STALL:
      return STN_E_PROTOCOL;
    case LIBUSB_TRANSFER_NO_DEVICE:
      return STN_E_REMOVED;
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_OVERFLOW:
      return STN_E_HARDWARE;
  }
  return STN_E_HARDWARE;
}

}  // namespace ktp::worker
