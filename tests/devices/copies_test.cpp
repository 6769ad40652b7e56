// SPDX-License-Identifier: Apache-2.0
// A frame comes from the driver's hands to the inspection with one copy. A copy of a picture needs a place to
// go: memory of a picture's size that did not exist before. So this program's allocations are watched, and
// the one there is must be the picture that `inspection::inspect` is then given a view of.
//
// On the other side the driver writes into the slot itself (plugins/worker/device.cpp hands it the mapping of
// the shared memory), so nothing is copied there; pages of the slot are the same pages here.
#include <atomic>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "fixture.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 0  // the sanitizers have their own operator new
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 0
#endif
#endif
#ifndef WATCHED
#define WATCHED 1
#endif

namespace {
std::atomic<std::size_t> from_here_on{0};  ///< bytes; allocations at least this large are counted. 0: none
std::atomic<int> large_ones{0};
}  // namespace

#if WATCHED
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // both are replaced; inlined, one is seen alone
#endif
void* operator new(std::size_t bytes) {
  const std::size_t limit = from_here_on.load(std::memory_order_relaxed);
  if (limit != 0 && bytes >= limit) ++large_ones;
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace ktp::devices::test {
namespace {

class Copies : public DeviceTest {
 protected:
  DeviceConfig camera(int width, int height, int padding) {
    DeviceConfig config = obedient();
    config.settings = {{"width", std::to_string(width)},
                       {"height", std::to_string(height)},
                       {"padding", std::to_string(padding)}};
    return config;
  }
  /// Allocations of half a frame or more while `body` runs.
  template <class F>
  static int large_allocations(std::size_t frame_bytes, F&& body) {
    large_ones = 0;
    from_here_on = frame_bytes / 2;
    body();
    from_here_on = 0;
    return large_ones;
  }
};

// What a capture does with it: into the shot by move, and the inspection gets a view.
static_assert(std::is_nothrow_move_constructible_v<Image> && std::is_nothrow_move_assignable_v<Image>);

TEST_F(Copies, APairOf600DpiFramesReachesTheInspectionWithOneCopyEach) {
  if (WATCHED == 0) GTEST_SKIP() << "the sanitizer has its own operator new";
  constexpr int kWidth = 2400, kHeight = 1600;
  constexpr std::size_t kBytes = std::size_t{kWidth} * kHeight * 3;
  for (const int padding : {0, 40}) {
    auto opened = Camera::open(camera(kWidth, kHeight, padding), nullptr);
    ASSERT_TRUE(opened) << opened.error().message;
    Image shots[2];
    const std::uint8_t* arrived[2] = {};
    const int copies = large_allocations(kBytes, [&] {
      for (const Side side : {Side::front, Side::back}) {
        Frame frame;
        ASSERT_TRUE((*opened)->grab(side, 1, 0, frame).ok());
        const auto i = static_cast<std::size_t>(side == Side::back);
        arrived[i] = frame.image.pixels.data();
        shots[i] = std::move(frame.image);
      }
    });
    EXPECT_EQ(copies, 2) << "padding " << padding;
    for (const std::size_t i : {0u, 1u}) {
      EXPECT_EQ(shots[i].view().data, arrived[i]);
      EXPECT_EQ(shots[i].pixels.capacity(), kBytes) << "no more memory than the picture has";
    }
  }
}

TEST_F(Copies, APrintsPicturesAreCopiedOnceIntoMemoryThatIsKept) {
  if (WATCHED == 0) GTEST_SKIP() << "the sanitizer has its own operator new";
  auto printer = Printer::open(obedient_printer(), nullptr);
  ASSERT_TRUE(printer) << printer.error().message;
  const Image face(2022, 1275);
  const int copies = large_allocations(face.pixels.size(), [&] {
    for (const char* token : {"A", "B"}) ASSERT_TRUE((*printer)->print(token, face, &face, 600).ok());
  });
  EXPECT_EQ(copies, 0) << "both go straight into the shared memory";
}

}  // namespace
}  // namespace ktp::devices::test
