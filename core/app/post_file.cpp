// SPDX-License-Identifier: Apache-2.0
#include "app/post_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "domain/order.hpp"
#include "pipeline/csv.hpp"

namespace ktp::app {

namespace {

constexpr std::uintmax_t kMostMappingBytes = 1u << 20, kMostFileBytes = 256u << 20;

std::string lowered(std::string_view text) {
  std::string low(trimmed(text));
  std::ranges::transform(low, low.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return low;
}

template <class Allowed>
std::map<std::string, std::string> words_of(const YAML::Node& root, const char* key, const Allowed& allowed) {
  std::map<std::string, std::string> words;
  const YAML::Node node = root[key];
  if (!node || !node.IsMap()) throw YAML::Exception(root.Mark(), std::string(key) + " must be a mapping");
  for (const auto& entry : node) {
    const auto ours = entry.first.as<std::string>();
    if (std::ranges::find(allowed, ours) == std::ranges::end(allowed)) {
      std::string list;
      for (const std::string_view word : allowed) list += (list.empty() ? "" : ", ") + std::string(word);
      throw YAML::Exception(entry.first.Mark(), key + (": unknown '" + ours) + "', allowed are " + list);
    }
    words[lowered(ours)] = ours;
    for (const auto& word : entry.second)
      if (const auto [at, added] = words.emplace(lowered(word.as<std::string>()), ours);
          !added && at->second != ours)
        throw YAML::Exception(word.Mark(), std::string(key) + ": '" + at->first + "' means two things");
  }
  return words;
}

std::string mapped(const std::map<std::string, std::string>& words, const std::string& text) {
  const auto found = words.find(lowered(text));
  return found == words.end() ? std::string(trimmed(text)) : found->second;
}

// DD/MM/YYYY and YYYY-MM-DD to DD-MM-YYYY; anything else stays and is refused.
std::string as_our_date(std::string_view text) {
  std::string date(trimmed(text));
  std::ranges::replace(date, '/', '-');
  if (date.size() == 10 && date[4] == '-' && date[7] == '-')
    return date.substr(8, 2) + "-" + date.substr(5, 2) + "-" + date.substr(0, 4);
  return date;
}

}  // namespace

Result<PostMapping> load_post_mapping(const std::filesystem::path& file) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none) ||
      std::filesystem::file_size(file, none) > kMostMappingBytes)
    return fail(ErrorCode::configuration,
                file.string() + ": there is no such mapping file, or it is over 1 MiB");
  try {
    const YAML::Node root = YAML::LoadFile(file.string());
    const std::set<std::string> known{"version", "columns", "status", "relation", "reason"};
    if (!root.IsMap()) throw YAML::Exception(root.Mark(), "the file must be a mapping");
    for (const auto& entry : root)
      if (!known.contains(entry.first.as<std::string>()))
        throw YAML::Exception(entry.first.Mark(),
                              "unknown key '" + entry.first.as<std::string>() +
                                  "'; allowed: version, columns, status, relation, reason");
    const YAML::Node columns = root["columns"];
    if (!columns || !columns.IsMap()) throw YAML::Exception(root.Mark(), "columns must be a mapping");
    PostMapping mapping;
    for (auto [key, target] : {std::pair{"item", &mapping.item},
                               {"status", &mapping.status},
                               {"date", &mapping.date},
                               {"detail", &mapping.detail}}) {
      if (!columns[key] || !columns[key].IsScalar())
        throw YAML::Exception(columns.Mark(), std::string("columns: ") + key + " must name a column");
      *target = columns[key].as<std::string>();
    }
    constexpr std::array<std::string_view, 3> kStatuses{"entered", "delivered", "returned"};
    mapping.statuses = words_of(root, "status", kStatuses);
    mapping.relations = words_of(root, "relation", handover::kRelations);
    mapping.reasons = words_of(root, "reason", handover::kReturnReasons);
    return mapping;
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::configuration,
                file.string() + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
}

Result<PostFile> read_post_file(const std::filesystem::path& file, const PostMapping& mapping) {
  std::error_code none;
  std::ifstream in(file, std::ios::binary);
  if (!std::filesystem::is_regular_file(file, none) || !in)
    return fail(ErrorCode::input_missing, "cannot read " + file.string());
  if (std::filesystem::file_size(file, none) > kMostFileBytes)
    return fail(ErrorCode::bad_data, file.string() + ": is larger than 256 MiB");
  std::stringstream bytes;
  bytes << in.rdbuf();
  return read_post_text(std::move(bytes).str(), file.string(), mapping);
}

Result<PostFile> read_post_text(std::string text, const std::string& name, const PostMapping& mapping) {
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  // Spreadsheets set to Indonesian write semicolons.
  const std::string first = text.substr(0, text.find('\n'));
  if (std::ranges::count(first, ';') > std::ranges::count(first, ',') && text.find('"') == std::string::npos)
    std::ranges::replace(text, ';', ',');
  pipeline::CsvReader reader(text);
  const auto header = reader.next();
  if (!header || !header->error.empty())
    return fail(ErrorCode::bad_data, name + ": has no header that can be read");
  const auto column = [&](const std::string& wanted) {
    const auto found =
        std::ranges::find_if(header->fields, [&](const auto& f) { return lowered(f) == lowered(wanted); });
    return static_cast<std::size_t>(found - header->fields.begin());
  };
  const std::size_t item = column(mapping.item), status = column(mapping.status), date = column(mapping.date),
                    detail = column(mapping.detail);
  for (const auto& [index, wanted] : {std::pair{item, &mapping.item},
                                      {status, &mapping.status},
                                      {date, &mapping.date},
                                      {detail, &mapping.detail}})
    if (index == header->fields.size())
      return fail(ErrorCode::bad_data,
                  name + ": has no column '" + *wanted +
                      "'; name the file's columns in the mapping (handover: post-results)");
  PostFile result;
  for (std::size_t row = 1;; ++row) {
    const auto record = reader.next();
    if (!record) break;
    if (!record->error.empty() || record->fields.size() != header->fields.size()) {
      result.unreadable.push_back(
          {row, "row",
           "row: " + (record->error.empty()
                          ? "has " + std::to_string(record->fields.size()) + " fields, the header has " +
                                std::to_string(header->fields.size())
                          : record->error)});
      continue;
    }
    handover::PostRow post{.row = row,
                           .item = record->fields[item],
                           .status = mapped(mapping.statuses, record->fields[status]),
                           .date = as_our_date(record->fields[date]),
                           .detail = {}};
    if (post.status == "delivered") post.detail = mapped(mapping.relations, record->fields[detail]);
    if (post.status == "returned") post.detail = mapped(mapping.reasons, record->fields[detail]);
    result.rows.push_back(std::move(post));
  }
  return result;
}

}  // namespace ktp::app
