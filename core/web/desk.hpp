// SPDX-License-Identifier: Apache-2.0
// Every address of the station, who may ask for it, and what it does. One table; what is not in it does not
// exist.
#pragma once
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/board.hpp"
#include "web/card_acts.hpp"
#include "web/form.hpp"
#include "web/handler.hpp"
#include "web/limit_acts.hpp"
#include "web/page_files.hpp"
#include "web/person_acts.hpp"
#include "web/review.hpp"
#include "web/sessions.hpp"
#include "web/sort_acts.hpp"
#include "web/users.hpp"

namespace ktp::web {

/// What the app does with files that somebody drops on the page; `drop` is the name that `begin` gave.
struct DropCommands {
  std::function<Result<std::string>()> begin;
  std::function<Result<void>(const std::string& drop, const std::string& name, std::string_view bytes)> put;
  std::function<Result<void>(const std::string& drop, std::string_view zip)> unpack;
  std::function<Result<std::string>(const std::string& drop)> check;  ///< JSON: file, rows, good, refused
  std::function<Result<std::string>(const std::string& drop)>
      take_in;  ///< JSON: batch, rows, accepted, known, held, refused
  std::function<Result<std::string>(const std::string& drop, std::size_t row, bool front)> face;  ///< PNG
};

/// How whoever takes a batch counted it.
struct Countersigned {
  std::string taken_by;
  std::optional<std::size_t> counted;  ///< a number ...
  std::string scanned;                 ///< ... or item numbers, one a line
};

/// From the bin to the post office, as the command line does it. `user` is who is logged in.
struct HandoverCommands {
  std::function<Result<std::string>()> overview;  ///< JSON: blocked, bins by kecamatan and desa, seals
  std::function<Result<std::string>(const std::string& seal)> batch;  ///< JSON: its cards
  /// "" = everywhere. JSON: the new batches.
  std::function<Result<std::string>(const std::string& region, const std::string& user)> seal;
  /// The covering list's bytes; form: "pdf", "csv", "json".
  std::function<Result<std::string>(const std::string& seal, const std::string& form)> paper;
  /// A PDF's bytes: labels for `boxes` boxes of a batch that waits; seal "": of every one that waits.
  std::function<Result<std::string>(const std::string& seal, int boxes)> labels;
  /// JSON: every kabupaten, kecamatan and desa that the ledger has orders of, with its name and their number.
  std::function<Result<std::string>()> regions;
  /// JSON: handed_over; where the count differs false, and which cards are missing, which are not of it.
  std::function<Result<std::string>(const std::string& seal, const Countersigned& sign,
                                    const std::string& user)>
      hand_over;
  std::function<Result<void>(const std::string& card, const std::string& reason, const std::string& user)>
      unseal;
  /// JSON: what is withdrawn and where it was, what is out of reach, which orders are held. `dry`: nothing is
  /// written.
  std::function<Result<std::string>(const std::string& region, const std::string& reason,
                                    const std::string& user, bool dry)>
      recall;
};

/// What the post office says became of each item; the bytes of its CSV. JSON: what every row does, and why
/// one is refused.
struct PostCommands {
  std::function<Result<std::string>(std::string_view bytes)> preview;  ///< writes nothing
  std::function<Result<std::string>(std::string_view bytes, const std::string& user)> import;
};

/// The books, in JSON.
struct FiguresCommands {
  std::function<Result<std::string>(const std::string& at)> balance;  ///< "" = now; Ledger::balance_at
  std::function<Result<std::string>()> report;
  std::function<Result<std::string>()> statistics;  ///< Statistics::as_json
  std::function<Result<std::string>()> open;        ///< whatever is not finished, counted by its next step
};

/// Which events of the log: of a card, of an order, or the newest before number `before` (0 = of all).
struct AuditQuestion {
  std::string card, order;
  std::uint64_t before = 0;
};
/// The log and the machine, for whoever has to trust them. JSON.
struct AuditCommands {
  std::function<Result<std::string>(const AuditQuestion& asked)> events;  ///< newest first
  std::function<Result<std::string>()> proof;   ///< reads the whole log: seconds for a large one
  std::function<Result<std::string>()> doctor;  ///< what `doctor` says
};

/// What a person finds out about a card that the printer could not tell about. Each asks the machine to
/// stand.
struct UnknownCommands {
  std::function<Result<void>(const std::string& card, const std::string& where, const std::string& user)>
      found;
  /// "none-fed", "all-fed" or "unclear". Writes nothing.
  std::function<Result<std::string>(const std::string& card, std::int64_t counted)> blanks_say;
  std::function<Result<void>(const std::string& card, std::int64_t counted, const std::string& user,
                             const std::string& second)>
      not_fed;
};

/// A part of a picture, in pixels of the expected one.
struct PictureBox {
  int x = 0, y = 0, w = 0, h = 0;
};
/// What an inspector holds a finding against, and what he decides about many cards at once.
struct InspectorCommands {
  /// Names of the last good cards, the newest first.
  std::function<std::vector<std::string>()> recent_good;
  /// That part of one of their photographs, cut to what there is: JPEG. Error input_missing.
  std::function<Result<std::string>(const std::string& card, const std::string& side, const PictureBox& box)>
      spot;
  /// All of them are found good by two people, or none.
  std::function<Result<void>(const std::vector<std::string>& cards, const std::string& reason,
                             const std::string& user, const std::string& second)>
      accept;
};

/// The few settings that the page may change; whatever can open a door (plugins, paths, test mode) is not
/// among them.
struct SettingsCommands {
  /// JSON: file, whether it can be changed here, and each setting with its value in the file, the running
  /// one, kind and range.
  std::function<Result<std::string>()> read;
  /// Checked as a whole before the file is changed; in the log. Takes effect with the next start. JSON: as
  /// read.
  std::function<Result<std::string>(const std::map<std::string, std::string>& values,
                                    const std::string& user)>
      write;
};

/// What the app lets the page do to the machine. Each returns at once; errors are for the person who asked.
struct Commands {
  std::function<Result<void>(const std::string& user)> start;  ///< begin, or go on after a stop
  std::function<Result<void>(const std::string& user)> stop_after_card;
  /// The lane of a camera that paused by itself goes on; its glass was cleaned.
  std::function<Result<void>(const std::string& camera, const std::string& user)> resume_lane;
  /// The queue: one place up or down; set aside, or taken up again.
  std::function<Result<void>(const std::string& batch, bool up, const std::string& user)> move_batch;
  std::function<Result<void>(const std::string& batch, bool aside, const std::string& user)> set_aside;
  std::function<Result<void>(const std::string& card, const std::string& user)> agree;
  /// `second`: who confirmed it, by password; "" where nobody has to.
  std::function<Result<void>(const std::string& card, const std::string& verdict, const std::string& reason,
                             const std::string& user, const std::string& second)>
      override_verdict;
  std::function<Result<void>(const std::string& card, const std::string& user)> take_back;
  /// Somebody is about to see a card's person, or a covering list's: in the log first, else he sees nothing.
  std::function<Result<void>(const std::string& card, const std::string& user)> looked;
  std::function<Result<void>(const std::string& seal, const std::string& form, const std::string& user)>
      listed;
  InspectorCommands inspector;
  DropCommands drops;
  HandoverCommands handover;
  CardActCommands cards;
  UnknownCommands unknown;
  PostCommands post;
  FiguresCommands figures;
  AuditCommands audit;
  SettingsCommands settings;
  SortCommands sort;
  CameraCommands camera;
  LimitCommands limits;
  PersonCommands person;
};

/// Who asks: by his session.
struct Visitor {
  std::string user;  ///< "" = nobody
  Role role = Role::nobody;
  std::string session, csrf;
};

/// One line of the table.
struct Route {
  std::string_view method, path;
  Role least;                 ///< an auditor may only GET
  std::uint64_t body = 4096;  ///< most bytes it takes
  std::function<Reply(const Request&, const Visitor&)> act;
  bool without_csrf = false;  ///< logging in: there is no session yet; the Origin has been checked
};

class Desk : public Handler {
 public:
  Desk(Board& board, ReviewQueue& review, Users& users, PageFiles page, Commands commands);

  /// The code that lets somebody make the first administrator; "" when there are users. One code a start,
  /// used once.
  [[nodiscard]] std::string first_start_code() const;

  Reply answer(const Request& request) override;
  [[nodiscard]] std::optional<Reply> refuses(const Request& head) override;
  [[nodiscard]] std::uint64_t body_limit(const Target& target) const override;
  [[nodiscard]] std::optional<Listening> listens(const Request& request) override;

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  Visitor who(const Request& request);
  std::optional<Reply> refuses(const Request& head, const Route& route, const Visitor& visitor) const;
  const Route* route(std::string_view method, std::string_view path) const;
  void add_session_routes();
  void add_run_routes();
  void add_user_routes();
  void add_review_routes();
  void add_spot_routes();
  void add_drop_routes();
  void add_handover_routes();
  void add_card_routes();
  void add_unknown_routes();
  void add_figures_routes();
  void add_audit_routes();
  void add_settings_routes();
  void add_sort_routes();
  void add_limit_routes();
  void add_person_routes();
  /// Who confirmed it, a person of at least this role (inspector or supervisor); else the refusal, with a
  /// code of its own for each reason.
  std::expected<std::string, Reply> second_person(const Form& form, const Visitor& first,
                                                  Role least = Role::inspector);
  Reply logged_in(const User& user);

  Board& board_;
  ReviewQueue& review_;
  Users& users_;
  const PageFiles page_;
  const Commands commands_;
  Sessions sessions_;
  std::mutex first_;  // guards code_
  std::string code_;
  int code_tries_ = 0;
  std::vector<Route> routes_;
};

/// JSON that somebody else wrote, or his error.
[[nodiscard]] Reply json_reply(Result<std::string> text);
/// {"ok": true}
[[nodiscard]] Reply done();
/// An Error as the page shows it: 400, 404, 409 or 500.
[[nodiscard]] Reply failed(const Error& error);

}  // namespace ktp::web
