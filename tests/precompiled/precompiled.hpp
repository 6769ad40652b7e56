// SPDX-License-Identifier: Apache-2.0
#pragma once
// The headers that most tests include anyway, parsed once. No file may lean on this: each includes what it
// uses, and the sanitizer presets build without it. Nothing of OpenCV, Beast or this project belongs here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "json_instances.hpp"

KTP_JSON_INSTANCES(extern)  // NOLINT: compiled once, in json_instances.cpp
