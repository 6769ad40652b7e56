// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iostream>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/small_file.hpp"
#include "ledger/log_proof.hpp"

namespace ktp::app {

int ledger_prove_command(const CommonOptions& common, const ProveOptions& options) {
  std::string head;
  if (!options.head.empty()) {
    auto text = read_small_file(options.head);
    if (!text) return report(text.error());
    head = *std::move(text);
  }
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto proof = options.event != 0 ? ledger::prove_event(**ledger, options.event, head)
                                        : ledger::prove_extension(**ledger, head);
  if (!proof) return report(proof.error());
  std::cout << *proof << '\n';
  if (!std::cout.flush())
    return report({ErrorCode::internal, "cannot write the output; is the disk full or the pipe closed?"});
  return 0;
}

int verify_proof_command(const std::filesystem::path& file, const ledger::VerifyAgainst& against) {
  std::ifstream in(file, std::ios::binary);
  // A line of the log and a path of hashes.
  std::string text((2u << 20) + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof() || in.bad())
    return report({ErrorCode::input_missing,
                   "cannot read " + file.string() + (in ? ": it is longer than a proof" : "")});
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (const auto wrong = ledger::verify_proof(text, against))
    return report({ErrorCode::bad_data, "the proof does not verify: " + *wrong});
  std::cout << "the proof verifies"
            << (against.key.empty() ? "; give --key with the published key to know whose log it is of\n"
                                    : "\n");
  return 0;
}

}  // namespace ktp::app
