// SPDX-License-Identifier: Apache-2.0
// Needs nothing but the SDK: a test is a line of CHECK.
#include "replies.hpp"

#include <cstdio>

namespace {

int failed = 0;

void check(bool good, const char* what, int line) {
  if (good) return;
  std::fprintf(stderr, "replies_test.cpp:%d: %s\n", line, what);
  ++failed;
}
#define CHECK(what) check((what), #what, __LINE__)

}  // namespace

int main() {
  using namespace textprint;
  CHECK(words("  OK  idle ").size() == 2);
  CHECK(words("").empty());
  CHECK(number("42") == 42u);
  CHECK(!number("") && !number("-1") && !number("4x") && !number("99999999999999999999"));

  const auto status = parse_status("OK idle hopper=450 ribbon=87/100 cover=closed fan=on");
  CHECK(status && status->hopper == 450 && status->ribbon == 87 && status->ribbon_max == 100 &&
        !status->stopped);
  CHECK(parse_status("OK stopped cover=open")->cover_open);
  for (const char* bad : {"", "OK", "ERR", "OK asleep", "OK idle hopper", "OK idle hopper=many",
                          "OK idle ribbon=5", "OK idle ribbon=7/5", "OK idle ribbon=/"}) {
    CHECK(!parse_status(bad));
  }

  CHECK(code_of("jam") == STN_E_JAM);
  CHECK(code_of("anything else") == STN_E_PROTOCOL);
  CHECK(place_of("camera") == STN_AT_CAMERA);
  CHECK(place_of("on the floor") == STN_AT_UNKNOWN);
  if (failed == 0) std::puts("all good");
  return failed == 0 ? 0 : 1;
}
