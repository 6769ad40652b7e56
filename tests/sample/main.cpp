// SPDX-License-Identifier: Apache-2.0
// ktp-sample: writes a batch of invented people for tests, demonstrations and benchmarks.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sample/batch.hpp"

int main(int argc, char** argv) {
  ktp::sample::BatchPlan plan;
  plan.data = KTP_SOURCE_DIR "/tests/sample/data";
  plan.regions = KTP_SOURCE_DIR "/config/regions";
  CLI::App app("Writes a sample batch: OUT/BATCH.csv, OUT/foto/ and OUT/ttd/. The people are invented.");
  app.add_option("--rows", plan.rows, "people in the batch")
      ->check(CLI::Range(0, 200000))
      ->capture_default_str();
  app.add_option("--seed", plan.seed, "the same seed writes the same batch")->capture_default_str();
  app.add_option("--out", plan.out, "folder to write")->required();
  app.add_option("--batch", plan.batch, "name of the batch and first part of its order ids")
      ->capture_default_str();
  app.add_option("--duplicates", plan.duplicates, "further rows that order a listed person again")
      ->check(CLI::Range(0, 200000));
  app.add_flag("--bad-rows", plan.bad_rows, "append one row of each kind that intake must refuse");
  app.add_option("--photo-width", plan.photo_width, "pixels")
      ->check(CLI::Range(60, 4000))
      ->capture_default_str();
  app.add_option("--quality", plan.quality, "of the JPEG portraits")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--data", plan.data, "folder of nama.csv and pekerjaan.csv");
  app.add_option("--regions", plan.regions, "folder of the region lists");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;
  }
  const auto written = ktp::sample::write_batch(plan);
  if (!written) {
    std::fprintf(stderr, "ktp-sample: %s\n", written.error().message.c_str());
    return static_cast<int>(written.error().code);
  }
  std::printf("%s: %d rows, %d of them bad\n", written->csv.c_str(), written->rows, written->bad);
  return 0;
}
