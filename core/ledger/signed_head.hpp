// SPDX-License-Identifier: Apache-2.0
// The signed head of the log: a C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint) with one Ed25519 signature in
// the form of c2sp.org/signed-note.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "ledger/tree.hpp"

namespace ktp::ledger {

/// Who signed, as anyone may know it.
struct HeadVerifier {
  std::string name;  ///< the log's origin
  std::array<std::uint8_t, 32> public_key{};

  /// `name+hash+base64` (docs/contracts.md section 4).
  [[nodiscard]] std::string to_line() const;
  /// Error bad_data if the line is not of that form, or its hash does not belong to its key.
  static Result<HeadVerifier> from_line(std::string_view line);

  bool operator==(const HeadVerifier&) const = default;
};

/// What a checkpoint says.
struct Head {
  std::uint64_t size = 0;  ///< leaves
  Hash root{};
};

/// Error bad_data, in words, unless `checkpoint` is whole, of this origin, without extension lines, and
/// carries exactly one signature, by this key.
Result<Head> open_checkpoint(std::string_view checkpoint, const HeadVerifier& verifier);

/// The part of a checkpoint that is signed, three lines; and back, error bad_data in words unless it is that
/// and of this verifier's log.
[[nodiscard]] std::string checkpoint_text(const std::string& origin, const Head& head);
Result<Head> read_checkpoint_text(std::string_view text, const HeadVerifier& verifier);

/// The text of a signed note. Error bad_data, in words, unless it carries exactly one signature, by this key.
Result<std::string> open_note(std::string_view note, const HeadVerifier& verifier);

/// Signs heads. Immutable after load; may be used from any thread.
class HeadKey {
 public:
  /// Reads DIR/head-key (mode 0600; one line in the private form of signed notes), making it if it is not
  /// there and `create`. Errors: configuration.
  static Result<HeadKey> load(const std::filesystem::path& dir, bool create);
  /// Reads such a file of any name, making a key for the log `make_for` unless that is "".
  static Result<HeadKey> load_file(const std::filesystem::path& file, const std::string& make_for);
  HeadKey(HeadKey&&) noexcept;
  HeadKey& operator=(HeadKey&&) noexcept;
  HeadKey(const HeadKey&) = delete;
  HeadKey& operator=(const HeadKey&) = delete;
  ~HeadKey();

  [[nodiscard]] const HeadVerifier& verifier() const { return verifier_; }
  [[nodiscard]] std::string checkpoint(const Head& head) const;
  /// A signed note: `text` (lines, the last ending in a newline), an empty line, one signature.
  [[nodiscard]] std::string sign(std::string_view text) const;

 private:
  HeadKey() = default;
  HeadVerifier verifier_;
  std::array<std::uint8_t, 64> secret_{};
};

}  // namespace ktp::ledger
