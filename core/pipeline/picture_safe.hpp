// SPDX-License-Identifier: Apache-2.0
// Pictures of persons on the disk: each sealed with the key of its person's record, so that deleting the
// record takes every picture with it, wherever copies of the files lie.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "domain/image.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::pipeline {

/// The number of the key that the pictures of this record's person are sealed with (PersonalKey::seal_with).
/// A record that an earlier version sealed without a key of its own gets one first. "": of a card whose
/// person cannot be told; a key that nothing has yet. Errors: bad_data (the record was deleted or cannot be
/// opened), internal.
Result<std::int64_t> picture_key(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                 const std::string& record);

/// One folder of such files, NAME.sealed: XChaCha20-Poly1305 over the file's bytes, bound to NAME. A file
/// that has its plain name (of an earlier version, or given out to a person) is read as it is. Files are
/// readable by their owner only. Threads: any; the key must outlive it.
class PictureSafe {
 public:
  static constexpr std::string_view kEnd = ".sealed";
  static constexpr std::size_t kMost = 64u << 20;  ///< bytes of one file

  /// `key` null: of a folder that was given out; plain files are read, nothing else is possible.
  PictureSafe(std::filesystem::path folder, const ledger::PersonalKey* key)
      : folder_(std::move(folder)), key_(key) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Is there a file that was stored as `name` (no path)?
  [[nodiscard]] bool has(const std::string& name) const;
  /// Names of everything there, in their order, without the ending that says sealed.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Seals and writes it, in place of what has the name; whole or not at all. `synced`: also after a power
  /// cut, and on the disk when this returns. Error internal with the system's reason; errors of seal_with.
  Result<void> put(const std::string& name, std::span<const std::uint8_t> bytes, std::int64_t record_key,
                   bool synced = true) const;
  /// Errors input_missing, bad_data (changed, another name's, its key was deleted), configuration (sealed,
  /// and there is no key).
  Result<std::vector<std::uint8_t>> get(const std::string& name) const;
  /// get and decode_picture.
  Result<Image> picture(const std::string& name) const;
  /// Deletes it under either name; false if it was not there. Error internal.
  Result<bool> remove(const std::string& name) const;
  /// The number of the key that it is sealed with; nothing where it is not sealed, or not there.
  [[nodiscard]] std::optional<std::int64_t> key_of(const std::string& name) const;

  /// Whose picture a file is.
  struct Owner {
    std::string record;    ///< "" where nobody can be told
    bool deleted = false;  ///< his record was
  };
  struct Sealed {
    std::int64_t sealed = 0;        ///< were plain and are not any more
    std::int64_t deleted = 0;       ///< of persons whose record was deleted, and halves that a cut left
    std::vector<std::string> left;  ///< plain still: nobody knows whose they are, or the record does not open
  };
  /// Seals every plain file. `owner`: nothing where the file's name says nothing. Each is sealed, synced and
  /// read back before the plain one is written over and deleted: cut off anywhere, nothing is lost and the
  /// same call goes on. Errors: internal, configuration.
  Result<Sealed> seal_plain(
      ledger::Ledger& ledger,
      const std::function<Result<std::optional<Owner>>(const std::string& name)>& owner) const;

 private:
  std::filesystem::path folder_;
  const ledger::PersonalKey* key_;

  Result<void> seal_one(ledger::Ledger& ledger, const std::filesystem::path& file, const Owner& owner,
                        std::map<std::string, std::int64_t>& of_strangers, Sealed& done) const;
};

/// Writes zeros over a file's bytes as far as it can be written, and deletes it. What a disk keeps of blocks
/// that it no longer uses is beyond this. Error internal: it is still there.
Result<void> wipe(const std::filesystem::path& file);

}  // namespace ktp::pipeline
