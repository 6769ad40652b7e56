// SPDX-License-Identifier: Apache-2.0
#include "sim-world/script.hpp"

#include <algorithm>
#include <charconv>

#include "sim-world/files.hpp"
#include "sim-world/random.hpp"
#include "sim-world/trouble.hpp"

namespace sim {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Reads one entry from left to right; what it cannot read ends up in the message.
class Reader {
 public:
  explicit Reader(std::string_view entry) : entry_(entry), rest_(entry) {}

  [[noreturn]] void fail(const std::string& why) const {
    throw Trouble(Kind::bad_input, "fault \"" + std::string(entry_) + "\": " + why);
  }
  bool skip(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::string_view until(std::string_view stops) {
    const std::size_t end = std::min(rest_.find_first_of(stops), rest_.size());
    const std::string_view part = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return part;
  }
  template <class T>
  T number(const char* what) {
    T value{};
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) fail(std::string(what) + " expected at \"" + std::string(rest_) + "\"");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  void spaces() { rest_ = trim(rest_); }
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  std::string_view entry_, rest_;
};

void read_side(Reader& reader, const FaultRule& rule, Fault& fault) {
  if (!reader.skip("/")) return;
  if (!rule.has_side) reader.fail("this kind has no side");
  if (reader.skip("front")) {
    fault.side = Side::front;
  } else if (reader.skip("back")) {
    fault.side = Side::back;
  } else {
    reader.fail("side must be front or back");
  }
}

void read_values(Reader& reader, const FaultRule& rule, Fault& fault) {
  for (const ValueRule& value : rule.values) fault.values.push_back(value.standard);
  if (!reader.skip(":")) return;
  std::size_t i = 0;
  do {
    if (i == rule.values.size()) reader.fail("at most " + std::to_string(rule.values.size()) + " values");
    const auto value = reader.number<double>("a number");
    if (!(value >= rule.values[i].min && value <= rule.values[i].max))
      reader.fail("value " + std::to_string(i + 1) + " must be " + std::to_string(rule.values[i].min) +
                  " to " + std::to_string(rule.values[i].max));
    fault.values[i++] = value;
  } while (reader.skip(",") || reader.skip("x"));
}

}  // namespace

Script::Entry Script::parse_entry(std::string_view text, std::span<const FaultRule> rules) {
  Reader reader(text);
  Entry entry;
  const bool by_rate = reader.skip("rate ");
  reader.spaces();
  entry.fault.kind = trim(reader.until("@/ :"));
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [&](const FaultRule& r) { return r.kind == entry.fault.kind; });
  if (rule == rules.end()) {
    std::string known;
    for (const FaultRule& r : rules) known += (known.empty() ? "" : ", ") + std::string(r.kind);
    reader.fail("unknown kind; known are " + known);
  }
  entry.has_side = rule->has_side;
  if (by_rate) {
    read_side(reader, *rule, entry.fault);
    reader.spaces();
    entry.rate = reader.number<double>("a probability");
    if (!(entry.rate >= 0 && entry.rate <= 1)) reader.fail("a probability is 0 to 1");
  } else {
    if (!reader.skip("@")) reader.fail("\"@number\" expected after the kind");
    entry.first = entry.last = reader.number<std::uint64_t>("a number");
    if (reader.skip("-")) entry.last = reader.number<std::uint64_t>("a number");
    if (entry.first == 0 || entry.last < entry.first)
      reader.fail("numbers count from 1, the larger one last");
    read_side(reader, *rule, entry.fault);
  }
  read_values(reader, *rule, entry.fault);
  if (!reader.done()) reader.fail("cannot read the end of it");
  return entry;
}

Script Script::parse(std::string_view text, std::span<const FaultRule> rules) {
  Script script;
  while (!text.empty()) {
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, line_end);
    text.remove_prefix(std::min(line_end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(';'), line.size());
      const std::string_view entry = trim(line.substr(0, end));
      line.remove_prefix(std::min(end + 1, line.size()));
      if (!entry.empty()) script.entries_.push_back(parse_entry(entry, rules));
    }
  }
  return script;
}

Script Script::load(std::string_view text, const std::filesystem::path& file,
                    std::span<const FaultRule> rules) {
  Script script = parse(text, rules);
  if (file.empty()) return script;
  const std::vector<std::uint8_t> data = read_file(file, 1 << 20);
  Script more = parse({reinterpret_cast<const char*>(data.data()), data.size()}, rules);
  script.entries_.insert(script.entries_.end(), more.entries_.begin(), more.entries_.end());
  return script;
}

std::vector<Fault> Script::at(std::uint64_t number, std::uint64_t seed) const {
  std::vector<Fault> faults;
  for (const Entry& entry : entries_) {
    if (entry.first != 0) {
      if (number >= entry.first && number <= entry.last) faults.push_back(entry.fault);
      continue;
    }
    Random random(mix_all({seed, number, word(entry.fault.kind), word("rate")}));
    if (random.unit() >= entry.rate) continue;
    Fault fault = entry.fault;
    // Chance strikes either side; a numbered entry without a side means the front.
    if (!fault.side && entry.has_side) fault.side = random.unit() < 0.5 ? Side::front : Side::back;
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace sim
