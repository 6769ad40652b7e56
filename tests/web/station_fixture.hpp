// SPDX-License-Identifier: Apache-2.0
// A desk behind a real server on a real port, over a real ledger; only the machine is told nothing.
#pragma once
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "ledger/ledger.hpp"
#include "temp_folder.hpp"
#include "web/desk.hpp"
#include "web/raw_client.hpp"
#include "web/server.hpp"

namespace ktp::web::test {

inline const std::string kPassword = "kata sandi panjang";

class StationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto page = folder_ / "page";
    std::filesystem::create_directories(page / "assets");
    std::ofstream(page / "index.html") << "<!doctype html><title>page</title>";
    std::ofstream(page / "assets" / "index-abc.js") << "export {};";
    std::ofstream(folder_ / "secret") << "not for the page";
    auto ledger = ledger::Ledger::open(folder_ / "data", true);
    ASSERT_TRUE(ledger) << ledger.error().message;
    ledger_ = std::move(*ledger);
    auto users = Users::load(folder_ / "data");
    ASSERT_TRUE(users);
    users_ = std::move(*users);
    board_ = std::make_unique<Board>(*ledger_, "test", true);
    ASSERT_TRUE(board_->refresh());
    auto files = PageFiles::load(page);
    ASSERT_TRUE(files);
    review_ = std::make_unique<ReviewQueue>(
        *ledger_, ReviewQueue::Pictures{.has = [](const std::string&) { return false; },
                                        .get = [](const std::string&) -> Result<std::string> {
                                          return fail(ErrorCode::input_missing, "there is no such picture");
                                        }});
    desk_ = std::make_unique<Desk>(*board_, *review_, *users_, std::move(*files), commands());
    open(Limits{.head_seconds = 1, .body_seconds = 1, .write_seconds = 2});
  }
  Commands commands() {
    const auto decided = [this](const std::string& card, const std::string& user) -> Result<void> {
      decided_ = card + " by " + user;
      return {};
    };
    return {
        .start = [this](const std::string& user) -> Result<void> {
          started_by_ = user;
          return {};
        },
        .stop_after_card = [](const std::string&) -> Result<void> {
          return fail(ErrorCode::input_missing, "nothing runs that could be stopped");
        },
        .resume_lane = [this](const std::string& camera, const std::string& user) -> Result<void> {
          if (camera != "camera") return fail(ErrorCode::input_missing, "camera: its lane is not paused");
          decided_ = camera + " resumed by " + user;
          return {};
        },
        .move_batch = [this](const std::string& batch, bool up, const std::string& user) -> Result<void> {
          decided_ = batch + (up ? " up by " : " down by ") + user;
          return {};
        },
        .set_aside = [this](const std::string& batch, bool aside, const std::string& user) -> Result<void> {
          decided_ = batch + (aside ? " aside by " : " back by ") + user;
          return {};
        },
        .agree = decided,
        .override_verdict = [this](const std::string& card, const std::string& verdict,
                                   const std::string& reason, const std::string& user,
                                   const std::string& second) -> Result<void> {
          decided_ = card + " " + verdict + " because " + reason + " by " + user + " and " + second;
          return {};
        },
        .take_back = decided,
        .looked = [this](const std::string& card, const std::string& user) -> Result<void> {
          looks_.push_back(card + " by " + user);
          if (log_is_full_) return fail(ErrorCode::internal, "the log cannot be written");
          return {};
        },
        .listed = [this](const std::string& seal, const std::string& form,
                         const std::string& user) -> Result<void> {
          looks_.push_back(seal + " " + form + " by " + user);
          if (log_is_full_) return fail(ErrorCode::internal, "the log cannot be written");
          return {};
        },
        .inspector = {.recent_good = [] { return std::vector<std::string>{"C0000009"}; },
                      .spot = [](const std::string& card, const std::string& side,
                                 const PictureBox& box) -> Result<std::string> {
                        if (card != "C0000009") return fail(ErrorCode::input_missing, "card: none");
                        return card + side + std::to_string(box.x) + " " + std::to_string(box.h);
                      },
                      .accept = [this](const std::vector<std::string>& cards, const std::string& reason,
                                       const std::string& user, const std::string& second) -> Result<void> {
                        decided_.clear();
                        for (const std::string& card : cards) decided_ += card + " ";
                        decided_ += "accepted because " + reason + " by " + user + " and " + second;
                        return {};
                      }},
        .drops = {.begin = [] { return Result<std::string>("drop"); },
                  .put = [this](const std::string&, const std::string& name,
                                std::string_view bytes) -> Result<void> {
                    decided_ = name + ": " + std::to_string(bytes.size());
                    return {};
                  },
                  .unpack = [](const std::string&, std::string_view) -> Result<void> { return {}; },
                  .check = [](const std::string&) { return Result<std::string>("{}"); },
                  .take_in = [](const std::string&) { return Result<std::string>("{}"); },
                  .face = [](const std::string&, std::size_t, bool) { return Result<std::string>("png"); }},
        .handover = {.overview = [] { return Result<std::string>("{}"); },
                     .batch = [](const std::string&) { return Result<std::string>("[]"); },
                     .seal = [this](const std::string& region,
                                    const std::string& user) -> Result<std::string> {
                       decided_ = "sealed " + region + " by " + user;
                       return "[]";
                     },
                     .paper = [](const std::string& seal, const std::string& form) -> Result<std::string> {
                       if (seal != "S000001") return fail(ErrorCode::input_missing, "seal: no such");
                       return "the " + form;
                     },
                     .labels = [](const std::string& seal, int boxes) -> Result<std::string> {
                       if (seal == "S000009") return fail(ErrorCode::input_missing, "seal: no such");
                       return "labels of " + seal + " " + std::to_string(boxes);
                     },
                     .regions = [] { return Result<std::string>("[]"); },
                     .hand_over = [this](const std::string& seal, const Countersigned& sign,
                                         const std::string& user) -> Result<std::string> {
                       decided_ = seal + " to " + sign.taken_by + " by " + user + ": " +
                                  (sign.counted ? std::to_string(*sign.counted) : sign.scanned);
                       return "{}";
                     },
                     .unseal = [this](const std::string& card, const std::string& reason,
                                      const std::string& user) -> Result<void> {
                       decided_ = card + " unsealed because " + reason + " by " + user;
                       return {};
                     },
                     .recall = [this](const std::string& region, const std::string& reason,
                                      const std::string& user, bool dry) -> Result<std::string> {
                       if (!dry) decided_ = region + " recalled because " + reason + " by " + user;
                       return "{}";
                     }},
        .cards = card_acts(),
        .unknown = {.found = [this](const std::string& card, const std::string& where,
                                    const std::string& user) -> Result<void> {
                      decided_ = card + " found at " + where + " by " + user;
                      return {};
                    },
                    .blanks_say = [](const std::string&, std::int64_t counted) -> Result<std::string> {
                      return counted == 12 ? "none-fed" : "all-fed";
                    },
                    .not_fed = [this](const std::string& card, std::int64_t counted, const std::string& user,
                                      const std::string& second) -> Result<void> {
                      decided_ =
                          card + " not fed: " + std::to_string(counted) + " by " + user + " and " + second;
                      return {};
                    }},
        .post = {.preview = [](std::string_view bytes) -> Result<std::string> {
                   return "{\"bytes\":" + std::to_string(bytes.size()) + "}";
                 },
                 .import = [this](std::string_view bytes, const std::string& user) -> Result<std::string> {
                   decided_ = std::to_string(bytes.size()) + " bytes by " + user;
                   return "{}";
                 }},
        .figures = {.balance = [](const std::string& at) -> Result<std::string> {
                      return "{\"at\":\"" + at + "\"}";
                    },
                    .report = [] { return Result<std::string>("{}"); },
                    .statistics = [] { return Result<std::string>("{}"); },
                    .open = [] { return Result<std::string>("{}"); }},
        .audit = {.events = [](const AuditQuestion& asked) -> Result<std::string> {
                    return "\"" + asked.card + asked.order + std::to_string(asked.before) + "\"";
                  },
                  .proof = [] { return Result<std::string>("{}"); },
                  .doctor = [] { return Result<std::string>("[]"); }},
        .settings = {.read = [] { return Result<std::string>("{}"); },
                     .write = [this](const std::map<std::string, std::string>& values,
                                     const std::string& user) -> Result<std::string> {
                       decided_ = "set by " + user;
                       for (const auto& [name, value] : values) decided_ += " " + name + "=" + value;
                       return "{}";
                     }},
        .sort = sort_acts(),
        .camera = {.picture = [this](const std::string& camera, std::uint64_t after,
                                     const std::string& user) -> Result<std::optional<LivePicture>> {
          if (camera != "camera") return fail(ErrorCode::input_missing, "camera: there is none called so");
          looks_.push_back("camera by " + user);
          if (log_is_full_) return fail(ErrorCode::internal, "the log cannot be written");
          if (after == 7) return std::nullopt;
          if (after == 6) return LivePicture{.number = 7, .jpeg = nullptr};
          return LivePicture{.number = 7, .jpeg = std::make_shared<const std::string>("the live picture")};
        }},
        .limits = {.overview = [] { return Result<std::string>("{}"); },
                   .mark = [this](const std::string& card, const std::string& reason, const std::string& user,
                                  const std::string& second) -> Result<void> {
                     decided_ = card + " whole because " + reason + " by " + user + " and " + second;
                     return {};
                   },
                   .preview = [](const std::vector<std::string>& cards) -> Result<std::string> {
                     return "{\"n\":" + std::to_string(cards.size()) + "}";
                   },
                   .apply = [this](const std::vector<std::string>& cards, const std::string& version,
                                   const std::string& reason, const std::string& user,
                                   const std::string& second) -> Result<void> {
                     decided_ = version + " of";
                     for (const std::string& card : cards) decided_ += " " + card;
                     decided_ += " because " + reason + " by " + user + " and " + second;
                     return {};
                   },
                   .undo = [this](const std::string& reason, const std::string& user) -> Result<void> {
                     decided_ = "undone because " + reason + " by " + user;
                     return {};
                   }},
        .person =
            {.show = [this](const PersonAsked& asked, const std::string& user) -> Result<std::string> {
               decided_ = "shown " + asked.order + asked.nik + " because " + asked.reason + " by " + user;
               return "{}";
             },
             .hand_out = [this](const PersonAsked& asked, const std::string& user) -> Result<std::string> {
               decided_ = "given out " + asked.order + " because " + asked.reason + " by " + user;
               return "the zip";
             },
             .looks = [](const std::string& order) { return Result<std::string>("\"" + order + "\""); }}};
  }
  SortCommands sort_acts() {
    return {.overview = [] { return Result<std::string>(R"({"passing":false})"); },
            .begin = [this](const SortBox& box, const std::string& user) -> Result<void> {
              decided_ = "box " + box.box + " again " + box.again + " at " + box.lane + " of " +
                         std::to_string(box.cards) + (box.back ? " both" : " front") + " by " + user;
              return {};
            },
            .end = [this](const std::string& user) -> Result<void> {
              decided_ = "ended by " + user;
              return {};
            },
            .close = [this](const std::string& box, std::uint64_t counted,
                            const std::string& user) -> Result<std::string> {
              decided_ = box + " counted " + std::to_string(counted) + " by " + user;
              return "{}";
            },
            .picture = [this](const std::string& sighting, const std::string& side,
                              const std::string& user) -> Result<std::string> {
              if (sighting != "S0000001" || side != "front")
                return fail(ErrorCode::input_missing, "only the last card is shown");
              looks_.push_back(sighting + " by " + user);
              if (log_is_full_) return fail(ErrorCode::internal, "the log cannot be written");
              return "the photograph";
            }};
  }
  CardActCommands card_acts() {
    const auto noted = [this](const std::string& words) -> Result<void> {
      decided_ = words;
      return {};
    };
    return {
        .overview = [] { return Result<std::string>("{}"); },
        .destroy = [this](const Destroying& asked, const std::string& user) -> Result<std::string> {
          decided_ = std::to_string(asked.cards.size()) + " of " + std::to_string(asked.counted) +
                     " destroyed at " + asked.place + ", " + asked.manner + ", by " + user + ":";
          for (const std::string& name : asked.names) decided_ += " " + name;
          return "{}";
        },
        .record = [](const std::string& number) -> Result<std::string> {
          if (number != "BA-000001") return fail(ErrorCode::input_missing, "there is no such record");
          return "the record";
        },
        .receive_back = [noted](const std::string& card,
                                const std::string& user) { return noted(card + " back by " + user); },
        .redistribute =
            [noted](const std::string& card, const std::string& to, const std::string& signed_by,
                    const std::string& user) {
              return noted(card + " to " + to + " signed by " + signed_by + " by " + user);
            },
        .locate =
            [noted](const std::string& card, const std::string& at, const std::string& signed_by,
                    const std::string& user) {
              return noted(card + " at " + at + " signed by " + signed_by + " by " + user);
            },
        .withdraw =
            [noted](const std::string& card, const std::string& reason, const std::string& user) {
              return noted(card + " withdrawn because " + reason + " by " + user);
            },
        .ask_reprint =
            [noted](const std::string& card, const std::string& reason, const std::string& user) {
              return noted(card + " asked because " + reason + " by " + user);
            },
        .drop_reprint =
            [noted](const std::string& card, const std::string& reason, const std::string& user) {
              return noted(card + " dropped because " + reason + " by " + user);
            },
        .confirm_reprint = [noted](const std::string& card,
                                   const std::string& by) { return noted(card + " confirmed by " + by); }};
  }
  void open(const Limits& limits) {
    server_.reset();
    auto server = Server::start(0, *desk_, limits);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  Answer get(const std::string& target, const std::string& more = "") const {
    return ask(port(), test::get(port(), target, more));
  }
  Answer post(const std::string& target, const std::string& body, const std::string& more = "",
              const std::string& origin = "own") const {
    return ask(port(), test::post(port(), target, body, more, origin));
  }

  struct Login {
    std::string cookie, csrf;
    [[nodiscard]] std::string headers() const {
      return "Cookie: " + cookie + "\r\nX-KTP-CSRF: " + csrf + "\r\n";
    }
    [[nodiscard]] std::string only_cookie() const { return "Cookie: " + cookie + "\r\n"; }
  };
  Login log_in(const std::string& name, const std::string& more = "") const {
    const Answer answer =
        post("/api/login", R"({"name":")" + name + R"(","password":")" + kPassword + R"("})", more);
    EXPECT_EQ(answer.status, 200) << answer.body;
    Login login;
    const std::string set = answer.header("Set-Cookie");
    login.cookie = set.substr(0, set.find(';'));
    const auto session = nlohmann::json::parse(get("/api/session", login.only_cookie()).body);
    login.csrf = session.at("csrf");
    return login;
  }
  void add(const std::string& name, Role role) { ASSERT_TRUE(users_->add(name, role, kPassword)); }

  ktp::test::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<Users> users_;
  std::unique_ptr<Board> board_;
  std::unique_ptr<ReviewQueue> review_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Server> server_;
  std::string started_by_, decided_;
  std::vector<std::string> looks_;
  bool log_is_full_ = false;
};

/// An operator is logged in; there is an auditor too.
class OperatorTest : public StationTest {
 protected:
  void SetUp() override {
    StationTest::SetUp();
    add("siti", Role::operator_);
    add("auditor", Role::auditor);
    siti_ = log_in("siti");
  }
  Login siti_;
};

}  // namespace ktp::web::test
