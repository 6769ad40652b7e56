// SPDX-License-Identifier: Apache-2.0
// The keys that signed one log's heads, one after the other. The log itself says which came after which: an
// event `head-key-rotated` carries the next key, endorsed by the one before over the tree as it then was.
// Whoever holds any of them follows the log from there to its last head.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/signed_head.hpp"

namespace ktp::ledger {

inline constexpr const char* kHeadKeyRotated = "head-key-rotated";

/// What the old key signs: the new one, and the head of the tree before the event.
[[nodiscard]] std::string endorsement_text(const HeadVerifier& next, const Head& before);

class KeyChain {
 public:
  /// `rotations`: every line of type head-key-rotated, in the log's order; `last`: the key that signed the
  /// log's head. Error bad_data in words: a link that its forerunner did not sign, or another last key.
  static Result<KeyChain> read(const std::vector<std::string>& rotations, const HeadVerifier& last);

  [[nodiscard]] bool holds(const HeadVerifier& key) const;
  /// Opens a checkpoint by whichever of the keys might sign over so many events: a key that was replaced
  /// signs no longer log. Error bad_data in words.
  [[nodiscard]] Result<Head> open(std::string_view checkpoint) const;
  /// Heads that the links were endorsed over: the tree must have had these roots.
  [[nodiscard]] const std::vector<Head>& endorsed() const { return endorsed_; }

 private:
  struct Link {
    HeadVerifier key;
    std::uint64_t from = 0;  ///< it signs heads over so many events and more
  };
  std::vector<Link> links_;
  std::vector<Head> endorsed_;
};

}  // namespace ktp::ledger
