// SPDX-License-Identifier: Apache-2.0
// Every file of a corpus through the target function, for builds without libFuzzer:
//
//   fuzz_<target> FILE-OR-FOLDER...
//
// A finding ends the process, as it does under libFuzzer. No input at all is an error, so that the test
// cannot pass on a folder that is empty or elsewhere.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** words) {
  namespace fs = std::filesystem;
  std::vector<fs::path> inputs;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(words[i])) {
      inputs.emplace_back(words[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(words[i]))
      if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::ranges::sort(inputs);
  for (const fs::path& input : inputs) {
    std::ifstream in(input, std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "cannot read %s\n", input.c_str());
      return 1;
    }
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    std::fprintf(stderr, "%s\n", input.c_str());  // the last one named is the one it died of
    // A copy of exactly this size, so that a sanitizer sees one byte too far.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  }
  std::printf("%zu inputs\n", inputs.size());
  return inputs.empty() ? 1 : 0;
}
