// SPDX-License-Identifier: Apache-2.0
#include "scenarios/station_run.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "sample/batch.hpp"

namespace ktp::test {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string indented(const std::string& lines, std::size_t by = 6) {
  std::string out;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) out += std::string(by, ' ') + line + "\n";
  return out;
}

// A sanitizer makes the station several times slower; a deadline is there to end a hang, not to measure.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kPatience = 6;
#else
constexpr int kPatience = 1;
#endif

bool is_worker(pid_t child) {
  std::string name;
  std::ifstream line("/proc/" + std::to_string(child) + "/cmdline", std::ios::binary);
  std::getline(line, name, '\0');
  return name.ends_with("station-plugin-worker");
}

}  // namespace

std::string station_program() {
  const char* const other = std::getenv("KTP_STATION_PROGRAM");
  return other != nullptr ? other : KTP_BINARY_DIR "/bin/ktp-station";
}

Process::Process(const std::vector<std::string>& command, const fs::path& scratch) {
  static int counter = 0;
  out_ = scratch / ("out-" + std::to_string(++counter));
  err_ = scratch / ("err-" + std::to_string(counter));
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::setpgid(0, 0);
  const int in = ::open("/dev/null", O_RDONLY),
            out = ::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600),
            err = ::open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execv(words[0], words.data());
  ::_exit(127);
}

Process::~Process() {
  if (running()) signal_group(SIGKILL);
  wait(std::chrono::seconds(5));
}

bool Process::running() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return !status_;
}

void Process::signal(int number) const {
  ::kill(pid_, number);
}
void Process::signal_group(int number) const {
  ::kill(-pid_, number);
}

Ended Process::wait(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + kPatience * most;
  Ended ended;
  while (running()) {
    if (std::chrono::steady_clock::now() > until) {
      ended.timed_out = true;
      signal_group(SIGKILL);
      int status = 0;
      ::waitpid(pid_, &status, 0);
      status_ = status;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ended.exit_code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  ended.out = text_of(out_);
  ended.err = text_of(err_);
  return ended;
}

std::string Process::err_so_far() const {
  return text_of(err_);
}

std::string Process::out_so_far() const {
  return text_of(out_);
}

StationRun::StationRun(const std::string& printer, const std::string& camera, const std::string& top)
    : StationRun({Lane{printer.empty() ? "seed: 1" : printer, camera.empty() ? "seed: 1" : camera}},
                 kManyRestarts, top) {}

StationRun::StationRun(const std::vector<Lane>& lanes, const std::string& limits, const std::string& top) {
  configure(lanes, limits, top);
}

void StationRun::configure(const std::vector<Lane>& lanes, const std::string& limits,
                           const std::string& top) {
  lanes_ = lanes.size();
  const fs::path source = fs::path(KTP_SOURCE_DIR) / "config";
  std::ofstream yaml(config());
  yaml << "version: 1\n"
       << top << "template: " << (source / "templates/ektp.yaml").string()
       << "\nprofile: " << (source / "inspection/ektp.yaml").string()
       << "\nregions: " << (source / "regions").string() << "\nlimits:\n"
       << indented(limits) << "devices:\n";
  for (const Lane& lane : lanes) {
    yaml << (lanes.size() == 1 ? "    " : "  - ") << "printer:\n      plugin: " << lane.plugin
         << "\n      settings:\n"
         << indented(indented(lane.printer, 2)) << indented(lane.printer_more, 6)
         << "    camera:\n      plugin: " << lane.camera_plugin << "\n      settings:\n"
         << indented(indented(lane.camera, 2));
    if (!lane.more.empty()) yaml << indented(lane.more, 4);
    if (!lane.reader.empty())
      yaml << "    reader:\n      plugin: pcsc\n      settings:\n" << indented(indented(lane.reader, 2));
  }
}

fs::path StationRun::make_batch(int rows, std::uint64_t seed, int duplicates, bool bad_rows) {
  sample::BatchPlan plan;
  plan.rows = rows;
  plan.seed = seed;
  plan.duplicates = duplicates;
  plan.bad_rows = bad_rows;
  plan.photo_width = 240;
  plan.out = folder_ / ("batch-" + std::to_string(seed));
  plan.batch = "B" + std::to_string(seed);
  plan.data = fs::path(KTP_SOURCE_DIR) / "tests/sample/data";
  plan.regions = fs::path(KTP_SOURCE_DIR) / "config/regions";
  auto written = sample::write_batch(plan);
  if (!written) throw std::runtime_error(written.error().message);
  return written->csv;
}

std::vector<std::string> StationRun::produce_command(const fs::path& batch) const {
  return {station_program(), "produce",         batch.string(), "--data",        data().string(),
          "--config",        config().string(), "--world",      world().string()};
}

std::unique_ptr<Process> StationRun::start(const fs::path& batch) {
  return std::make_unique<Process>(produce_command(batch), folder_.path());
}

Ended StationRun::produce(const fs::path& batch, std::chrono::seconds most) {
  return start(batch)->wait(most);
}

Ended StationRun::command(const std::vector<std::string>& words) {
  std::vector<std::string> all{station_program()};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"--data", data().string(), "--config", config().string()});
  return Process(all, folder_.path()).wait(std::chrono::seconds(60));
}

std::vector<nlohmann::json> StationRun::rows(const std::string& what) {
  std::vector<nlohmann::json> rows;
  std::istringstream in(command({what, "--json"}).out);
  for (std::string line; std::getline(in, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

nlohmann::json StationRun::balance() {
  return nlohmann::json::parse(command({"balance", "--json"}).out);
}

std::vector<nlohmann::json> StationRun::events() {
  (void)command({"ledger", "export", (folder_ / "export").string()});
  std::vector<nlohmann::json> events;
  std::istringstream in(text_of(folder_ / "export" / "events.jsonl"));
  for (std::string line; std::getline(in, line);) events.push_back(nlohmann::json::parse(line));
  return events;
}

Ended StationRun::produce_with(const fs::path& batch, const std::vector<std::string>& options) {
  auto command = produce_command(batch);
  command.insert(command.end(), options.begin(), options.end());
  return Process(command, folder_.path()).wait(std::chrono::seconds(600));
}

std::vector<std::pair<fs::path, std::string>> StationRun::places(std::size_t lane) {
  std::vector<std::pair<fs::path, std::string>> places{{world(lane) / "inside", "inside"},
                                                       {world(lane) / "at-camera", "at-camera"}};
  std::error_code none;
  for (const auto& bin : fs::directory_iterator(world(lane) / "bins", none))
    places.emplace_back(bin.path(), bin.path().filename().string());
  return places;
}

std::size_t StationRun::bodies_now() {
  std::set<std::pair<std::size_t, std::string>> bodies;
  std::error_code none;
  for (std::size_t lane = 0; lane < lanes_; ++lane)
    for (const auto& [folder, place] : places(lane))
      for (fs::directory_iterator entry(folder, none), end; !none && entry != end; entry.increment(none)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".json") && !name.starts_with(".")) bodies.emplace(lane, name);
      }
  return bodies.size();
}

std::map<std::string, StationRun::WorldCard> StationRun::world_cards() {
  std::map<std::string, WorldCard> cards;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    std::error_code none;
    for (const auto& [folder, place] : places(lane))
      for (const auto& entry : fs::directory_iterator(folder, none)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".json") || name.starts_with(".")) continue;
        const auto json = nlohmann::json::parse(text_of(entry.path()));
        WorldCard card{json.at("n"), json.at("uid"), json.at("token"), json.at("state"), place, lane};
        if (!cards.emplace(card.token, card).second)
          throw std::runtime_error("token twice in the world: card " + std::to_string(card.n));
      }
  }
  return cards;
}

std::int64_t StationRun::hopper_left() {
  std::int64_t left = 0;
  for (std::size_t lane = 0; lane < lanes_; ++lane)
    left += nlohmann::json::parse(text_of(world(lane) / "hopper.json")).at("left").get<std::int64_t>();
  return left;
}

std::string StationRun::difference(std::int64_t blanks) {
  const auto world = world_cards();
  if (const auto left = hopper_left(); left + static_cast<std::int64_t>(world.size()) != blanks)
    return "hopper " + std::to_string(left) + " + cards " + std::to_string(world.size()) + " is not " +
           std::to_string(blanks);
  std::map<std::size_t, std::set<std::uint64_t>> numbers;
  std::set<std::string> uids;
  for (const auto& [token, card] : world) {
    if (!numbers[card.lane].insert(card.n).second) return "a number is twice in one world";
    if (!uids.insert(card.uid).second) return "uid twice in the world";
  }
  for (const auto& [lane, seen] : numbers)
    if (*seen.begin() != 1 || *seen.rbegin() != seen.size()) return "the world's numbers have gaps";

  std::map<std::string, int> live;
  std::size_t bodies = 0;
  for (const auto& card : rows("cards")) {
    const std::string token = card.at("token"), state = card.at("state"), name = card.at("card"),
                      verdict = card.at("verdict");
    const auto found = world.find(token);
    if (state == "not-started") {
      if (found != world.end()) return "card " + name + " is not-started and lies in the world";
      if (card.at("uid") != "") return "card " + name + " is not-started and has a uid";
      continue;
    }
    ++bodies;
    if (found == world.end()) return "card " + name + " (" + state + ") is not in the world";
    if (card.at("uid") != found->second.uid) return "card " + name + " has another uid than in the world";
    if (state == "spoiled") {
      if (found->second.state != "spoiled" || found->second.place != "damaged")
        return "spoiled card " + name + " is " + found->second.state + " in " + found->second.place;
    } else if (state == "sorted") {
      if (card.at("bin") != found->second.place)
        return "card " + name + " should be in " + card.at("bin").get<std::string>() + ", lies in " +
               found->second.place;
      if (found->second.state != "printed")
        return "card " + name + " is sorted but " + found->second.state + " in the world";
    } else {
      return "card " + name + " is left in state " + state;
    }
    if (state == "sorted" && (verdict == "good" || verdict == "review")) ++live[card.at("order_id")];
  }
  if (bodies != world.size())
    return "the ledger has " + std::to_string(bodies) + " bodies, the world " + std::to_string(world.size());
  for (const auto& [order, n] : live)
    if (n > 1) return "order " + order + " has " + std::to_string(n) + " live cards";
  if (const auto verified = command({"ledger", "verify"}); verified.exit_code != 0) return verified.err;
  return "";
}

std::optional<pid_t> StationRun::worker(pid_t station, std::size_t lane, const std::string& plugin) const {
  for (const pid_t worker : workers_of(station)) {
    std::ifstream line("/proc/" + std::to_string(worker) + "/cmdline", std::ios::binary);
    bool of_plugin = false, of_lane = false;
    for (std::string word; std::getline(line, word, '\0');) {
      of_plugin |= fs::path(word).filename() == plugin + ".so";
      of_lane |= word == world(lane).string();
    }
    if (of_plugin && of_lane) return worker;
  }
  return std::nullopt;
}

std::vector<pid_t> workers_of(pid_t station) {
  std::vector<pid_t> workers;
  std::error_code gone;
  for (fs::directory_iterator task("/proc/" + std::to_string(station) + "/task", gone), end;
       !gone && task != end; task.increment(gone)) {
    std::ifstream more(task->path() / "children");
    for (pid_t child = 0; more >> child;)
      if (is_worker(child)) workers.push_back(child);
  }
  return workers;
}

}  // namespace ktp::test
