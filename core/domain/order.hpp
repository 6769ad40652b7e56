// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ktp {

/// Order states of docs/contracts.md section 1.
enum class OrderState { accepted, refused, held, printing, done };
[[nodiscard]] std::string_view to_string(OrderState state);
[[nodiscard]] std::optional<OrderState> order_state_from(std::string_view word);

/// The columns of the batch CSV, in order (docs/contracts.md section 6).
inline constexpr std::array<std::string_view, 24> kOrderColumns{"order_id",
                                                                "nik",
                                                                "nama",
                                                                "tempat_lahir",
                                                                "tanggal_lahir",
                                                                "jenis_kelamin",
                                                                "gol_darah",
                                                                "alamat",
                                                                "rt",
                                                                "rw",
                                                                "kel_desa",
                                                                "kecamatan",
                                                                "agama",
                                                                "status_perkawinan",
                                                                "pekerjaan",
                                                                "kewarganegaraan",
                                                                "berlaku_hingga",
                                                                "kode_wilayah",
                                                                "kode_pos",
                                                                "tempat_terbit",
                                                                "tanggal_terbit",
                                                                "foto",
                                                                "tanda_tangan",
                                                                "status"};

/// One person's row as the office wrote it: UTF-8, spaces kept. Printing trims; the record keeps.
struct Order {
  std::array<std::string, kOrderColumns.size()> fields;

  [[nodiscard]] const std::string& field(std::string_view column) const;
  std::string& field(std::string_view column);

  [[nodiscard]] const std::string& id() const { return fields[0]; }
  [[nodiscard]] const std::string& nik() const { return fields[1]; }
  /// The value as it is printed: without spaces around it.
  [[nodiscard]] std::string_view printed(std::string_view column) const;
};

/// Index of a column, or nothing if there is no such column.
[[nodiscard]] std::optional<std::size_t> order_column(std::string_view name);
/// True for columns whose value must never appear in a log or message.
[[nodiscard]] bool is_personal(std::string_view column);

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace ktp
