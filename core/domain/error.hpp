// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <utility>

namespace ktp {

/// What kind of failure this is; the value is the program's exit code (docs/contracts.md section 5, after
/// sysexits.h).
enum class ErrorCode : int {
  usage = 64,
  bad_data = 65,
  input_missing = 66,
  internal = 70,
  in_use = 75,
  configuration = 78,
};

/// An error a person can act on: `message` names the place (file, row, field, device), the value (masked
/// where it is personal) and what is allowed or what to do next. English; one line.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::bad_data, "...")` from any function that returns a Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace ktp
