// SPDX-License-Identifier: Apache-2.0
// Wrong content: how many of it pass as good, and how many good cards are called wrong. Cards of invented
// people with one thing changed (one digit, one letter, a field, the portrait, the side, the card), printed
// and photographed by other_camera. Train and judge seeds never mix.
//   measure_content [--train] [--wrong N] [--good N] [--threads N] [--dpi N] [--bare] [--faces DIR] [--kind
//   K] [--save DIR]
// --bare: the expected face is a picture only, as `inspect --cases` has it. --faces: portraits (JPEG) to use
// in place of drawn ones; they stay where they are.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <string>
#include <thread>
#include <vector>

#include "artwork/picture.hpp"
#include "identity/portrait_hash.hpp"
#include "inspection/inspect.hpp"
#include "inspection/sample_cards.hpp"
#include "other_camera.hpp"
#include "pipeline/known_face.hpp"

namespace {

namespace insp = ktp::inspection;

struct Settings {
  bool train = false, bare = false;
  int wrong = 2000, good = 1000, threads = 2;
  double minutes = 1e6;
  double dpi = 300;
  std::string faces, only, save;
};

const std::vector<std::string> kKinds{"digit",    "digit-alike",    "letter",     "letter-alike",
                                      "date",     "field",          "removed",    "added",
                                      "portrait", "portrait-alike", "wrong-side", "wrong-card"};

struct Person {
  ktp::Image portrait;
  ktp::Image tile;
  std::size_t nearest = 0;  // the other portrait that is most like this one
};

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::ranges::sort(v);
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

// What is easily taken for what in these two typefaces.
char alike_digit(char digit, cv::RNG& rng) {
  static const std::map<char, std::string> kPairs{{'0', "86"},  {'1', "74"}, {'2', "37"},  {'3', "82"},
                                                  {'4', "19"},  {'5', "63"}, {'6', "850"}, {'7', "12"},
                                                  {'8', "306"}, {'9', "48"}};
  const std::string& others = kPairs.at(digit);
  return others[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(others.size())))];
}

char alike_letter(char letter, cv::RNG& rng) {
  static const std::map<char, std::string> kPairs{
      {'A', "H"},   {'B', "8RP"}, {'C', "GO"}, {'D', "O"},  {'E', "FL"}, {'F', "EP"}, {'G', "C"},
      {'H', "NA"},  {'I', "L1T"}, {'J', "I"},  {'K', "X"},  {'L', "IE"}, {'M', "N"},  {'N', "MH"},
      {'O', "QCD"}, {'P', "RF"},  {'Q', "O"},  {'R', "PB"}, {'S', "5B"}, {'T', "IY"}, {'U', "V"},
      {'V', "UY"},  {'W', "V"},   {'X', "K"},  {'Y', "VT"}, {'Z', "2"}};
  const auto at = kPairs.find(letter);
  if (at == kPairs.end()) return letter == 'X' ? 'Y' : 'X';
  return at->second[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(at->second.size())))];
}

struct Bench {
  Settings settings;
  samples::CardMaker maker;
  std::shared_ptr<const insp::Profile> profile;
  std::vector<Person> people;
  struct Tally {
    int n = 0, passed = 0, mismatch = 0, damaged = 0, review = 0, good = 0;
    std::map<std::string, std::vector<double>> measures;
    std::map<std::string, int> kinds;
  };
  std::map<std::string, Tally> tallies;
  std::vector<double> ms;
  std::mutex lock;

  explicit Bench(const Settings& s) : settings(s), maker(s.dpi) {}

  void find_people() {
    if (settings.faces.empty()) {
      for (std::uint64_t i = 0; i < 120; ++i)
        people.push_back({samples::portrait(i + (settings.train ? 0 : 5000)), {}, 0});
    } else {
      std::vector<std::filesystem::path> files;
      for (const auto& entry : std::filesystem::directory_iterator(settings.faces))
        files.push_back(entry.path());
      std::ranges::sort(files);
      for (std::size_t i = settings.train ? 0 : 1; i < files.size(); i += 2)
        if (auto picture = ktp::artwork::read_picture(files[i]))
          people.push_back({std::move(*picture), {}, 0});
    }
    for (Person& p : people) p.tile = ktp::identity::portrait_tile(p.portrait.view());
    for (Person& p : people) {
      double most = -2;
      for (std::size_t k = 0; k < people.size(); ++k) {
        if (&people[k] == &p) continue;
        const double like = ktp::identity::similarity(p.tile.view(), people[k].tile.view());
        if (like > most) most = like, p.nearest = k;
      }
    }
  }

  // Changes one thing of the order; false where this order has none of it.
  static bool change(ktp::Order& order, const std::string& kind, cv::RNG& rng) {
    const auto pick = [&](std::size_t n) {
      return static_cast<std::size_t>(rng.uniform(0, static_cast<int>(n)));
    };
    if (kind == "digit" || kind == "digit-alike") {
      std::string& nik = order.field("nik");
      const std::size_t at = pick(16);
      const char was = nik[at];
      if (kind == "digit-alike")
        nik[at] = alike_digit(was, rng);
      else
        while (nik[at] == was) nik[at] = static_cast<char>('0' + rng.uniform(0, 10));
      return true;
    }
    if (kind == "date") {
      static constexpr std::array kFields{"tanggal_lahir", "tanggal_terbit", "rt", "rw"};
      std::string& text = order.field(kFields[pick(kFields.size())]);
      const std::size_t at = text.size() > 4 ? (rng.uniform(0, 2) ? 1 : 9) : text.size() - 1;
      text[at] = text[at] == '9' ? '3' : static_cast<char>(text[at] + 1);  // stays a date
      if (text.size() > 4 && (text.substr(0, 2) == "00" || text.substr(0, 2) > "28"))
        text[0] = '1', text[1] = '5';
      return true;
    }
    static constexpr std::array kFields{"nama",      "alamat",       "kel_desa",
                                        "kecamatan", "tempat_lahir", "pekerjaan"};
    std::string& text = order.field(kFields[pick(kFields.size())]);
    if (kind == "field") {
      text = samples::invented_order(static_cast<std::uint64_t>(rng.uniform(1, 1 << 30))).field("kel_desa");
      return true;
    }
    std::vector<std::size_t> letters;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] >= 'A' && text[i] <= 'Z') letters.push_back(i);
    const std::size_t at = letters[pick(letters.size())];
    if (kind == "letter-alike") text[at] = alike_letter(text[at], rng);
    const char was = text[at];
    if (kind == "letter")
      while (text[at] == was) text[at] = static_cast<char>('A' + rng.uniform(0, 26));
    if (kind == "removed") text.erase(rng.uniform(0, 2) ? at : text.size() - 1, 1);
    if (kind == "added")
      text.insert(rng.uniform(0, 2) ? at : text.size(), 1, static_cast<char>('A' + rng.uniform(0, 26)));
    return true;
  }

  void one(const std::string& kind, int index) {
    const std::uint64_t seed = (settings.train ? 0u : 7'000'000u) + static_cast<std::uint64_t>(index) * 16 +
                               static_cast<std::uint64_t>(std::ranges::find(kKinds, kind) - kKinds.begin());
    cv::RNG rng(seed * 2654435761u + 31);
    rng.uniform(0, 2);
    ktp::Order order = samples::invented_order(seed);
    // Every letter has to be met: the sample's syllables lack some.
    std::string& name = order.field("nama");
    for (char& c : name)
      if (c != ' ' && rng.uniform(0, 3) == 0) c = static_cast<char>('A' + rng.uniform(0, 26));
    const auto who = static_cast<std::size_t>(rng.uniform(0, static_cast<int>(people.size())));
    const ktp::Image ink = samples::signature(seed);
    const bool back = kind == "wrong-side" ? index % 2 == 1 : kind == "good" && index % 4 == 3;
    const ktp::Face front = maker.front(order, people[who].portrait, ink);
    const ktp::Face rear = maker.back(order);
    ktp::Face printed = back ? rear : front;
    if (kind == "wrong-side") {
      printed = back ? front : rear;
    } else if (kind == "wrong-card") {
      printed =
          maker.front(samples::invented_order(seed + 8), people[(who + 1) % people.size()].portrait, ink);
    } else if (kind == "portrait" || kind == "portrait-alike") {
      const std::size_t other =
          kind == "portrait"
              ? (who + 1 + static_cast<std::size_t>(rng.uniform(0, static_cast<int>(people.size()) - 1))) %
                    people.size()
              : people[who].nearest;
      printed = maker.front(order, people[other].portrait, ink);
    } else if (kind != "good") {
      ktp::Order changed = order;
      change(changed, kind, rng);
      printed = maker.front(changed, people[who].portrait, ink);
      if (printed.image.pixels == front.image.pixels) return;  // nothing visible changed
    }
    const double s = printed.px_per_mm();
    const cv::Mat card = bench::printed(samples::to_mat(printed.image), s, rng);
    const ktp::Image photo = bench::photograph(
        card, s, rng.uniform(11.0, 15.0) * (settings.dpi > 450 ? 1.8 : 1), bench::any_exposure(rng), rng);
    const ktp::Face& expected = back ? rear : front;
    const auto reference =
        settings.bare
            ? insp::prepare(ktp::pipeline::known_face(expected.image, expected.side, maker.art()), profile)
            : insp::prepare(expected, profile, back ? &front : &rear);
    if (!reference) {
      std::fprintf(stderr, "prepare: %s\n", reference.error().message.c_str());
      std::exit(70);
    }
    insp::Trace trace;
    const insp::Report report = insp::inspect_traced(**reference, photo.view(), &trace);
    const std::scoped_lock guard(lock);
    Tally& t = tallies[kind];
    ++t.n;
    const auto v = report.verdict;
    ++(v == ktp::Verdict::good       ? t.good
       : v == ktp::Verdict::mismatch ? t.mismatch
       : v == ktp::Verdict::damaged  ? t.damaged
                                     : t.review);
    const bool right = kind == "good" ? v == ktp::Verdict::good : v == ktp::Verdict::mismatch;
    for (const auto& m : trace.measures) t.measures[m.detector].push_back(m.highest);
    for (const auto& stage : trace.stages)
      if (std::string(stage.name) == "content") ms.push_back(stage.ms);
    if (!report.findings.empty()) ++t.kinds[report.findings.front().kind];
    if (!right) {
      std::printf("  %s #%d: %s match %.2f blur %.2f res %.3f", kind.c_str(), index,
                  std::string(ktp::to_string(v)).c_str(), trace.match, trace.blur_px,
                  report.align_residual_mm);
      for (std::size_t i = 0; i < std::min<std::size_t>(report.findings.size(), 4); ++i) {
        const auto& f = report.findings[i];
        std::printf(" [%s %s %.2f %d,%d %dx%d]", f.kind.c_str(), f.field.c_str(), f.score, f.box.x, f.box.y,
                    f.box.w, f.box.h);
      }
      for (const auto& m : trace.measures) std::printf(" %s=%.2f", m.detector, m.highest);
      std::printf("\n");
      std::fflush(stdout);
      if (!settings.save.empty()) {
        const std::string base = settings.save + "/" + kind + "-" + std::to_string(index);
        (void)ktp::artwork::write_png(base + "-photo.png", photo.view());
        (void)ktp::artwork::write_png(base + "-expected.png", expected.image.view());
        if (!report.rectified.empty())
          (void)ktp::artwork::write_png(base + "-marked.png",
                                        insp::marked(report.rectified, report.findings).view());
      }
    }
  }

  void print_results() {
    int wrong = 0, passed = 0, elsewhere = 0;
    std::printf("\n%-15s %5s  %5s %8s %7s %6s   first finding\n", "kind", "n", "good", "mismatch", "damaged",
                "review");
    for (const auto& [kind, t] : tallies) {
      std::printf("%-15s %5d  %5d %8d %7d %6d  ", kind.c_str(), t.n, t.good, t.mismatch, t.damaged, t.review);
      for (const auto& [word, n] : t.kinds) std::printf(" %s:%d", word.c_str(), n);
      std::printf("\n");
      if (kind == "good") continue;
      wrong += t.n, passed += t.good, elsewhere += t.damaged + t.review;
    }
    const auto show = [](const char* what, int hits, int n) {
      const auto i = bench::wilson(hits, n);
      std::printf("%s: %d of %d (95 %%: %.3f..%.3f %%)\n", what, hits, n, 100 * i.low, 100 * i.high);
    };
    show("wrong content passed as good", passed, wrong);
    show("wrong content rejected under another name", elsewhere, wrong);
    const Tally& good = tallies["good"];
    show("good cards called wrong (mismatch)", good.mismatch, good.n);
    show("good cards rejected for any reason", good.n - good.good, good.n);
    for (const auto& [kind, t] : tallies) {
      for (const auto& [detector, v] : t.measures) {
        if (detector != "digits" && detector != "portrait" && detector != "texts" && detector != "letters")
          continue;
        std::printf(
            "%-15s %-9s 0 %% %.3f  1 %% %.3f  5 %% %.3f  50 %% %.3f  95 %% %.3f  99 %% %.3f  max %.3f\n",
            kind.c_str(), detector.c_str(), quantile(v, 0), quantile(v, 0.01), quantile(v, 0.05),
            quantile(v, 0.5), quantile(v, 0.95), quantile(v, 0.99), quantile(v, 1));
      }
    }
    std::printf("content stage: %.2f ms (median), %.2f (95 %%)\n", quantile(ms, 0.5), quantile(ms, 0.95));
  }
};

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : "0"; };
    if (key == "--train")
      s.train = true;
    else if (key == "--bare")
      s.bare = true;
    else if (key == "--wrong")
      s.wrong = std::atoi(value());
    else if (key == "--good")
      s.good = std::atoi(value());
    else if (key == "--threads")
      s.threads = std::max(1, std::atoi(value()));
    else if (key == "--minutes")
      s.minutes = std::atof(value());
    else if (key == "--dpi")
      s.dpi = std::atof(value());
    else if (key == "--faces")
      s.faces = value();
    else if (key == "--kind")
      s.only = value();
    else if (key == "--save")
      s.save = value();
    else
      return std::fprintf(stderr, "unknown option %s\n", key.c_str()), 64;
  }
  cv::setNumThreads(1);
  Bench bench(s);
  const auto profile = insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  if (!profile) return std::fprintf(stderr, "%s\n", profile.error().message.c_str()), 78;
  bench.profile = *profile;
  bench.find_people();
  if (bench.people.size() < 3) return std::fprintf(stderr, "%s: no portraits\n", s.faces.c_str()), 66;
  std::vector<std::pair<std::string, int>> work;
  for (int i = 0; i < s.wrong; ++i) work.emplace_back(kKinds[static_cast<std::size_t>(i) % kKinds.size()], i);
  for (int i = 0; i < s.good; ++i) work.emplace_back("good", i);
  if (!s.only.empty()) std::erase_if(work, [&](const auto& w) { return w.first != s.only; });
  // Mixed, so that a run that is cut short still has all kinds.
  cv::RNG order(1);
  for (std::size_t i = work.size(); i > 1; --i)
    std::swap(work[i - 1], work[static_cast<std::size_t>(order.uniform(0, static_cast<int>(i)))]);
  std::atomic<std::size_t> next{0};
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::seconds>(
                                             std::chrono::duration<double, std::ratio<60>>(s.minutes));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < s.threads; ++t) {
      threads.emplace_back([&] {
        for (std::size_t i; (i = next++) < work.size() && std::chrono::steady_clock::now() < end;) {
          bench.one(work[i].first, work[i].second);
          if (i % 200 == 199) std::fprintf(stderr, "%zu/%zu\n", i + 1, work.size());
        }
      });
    }
  }
  bench.print_results();
}
