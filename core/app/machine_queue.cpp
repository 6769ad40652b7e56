// SPDX-License-Identifier: Apache-2.0
// The order in which batches are printed, as people want it.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/machine.hpp"
#include "app/paper_files.hpp"

namespace ktp::app {

namespace {

constexpr std::size_t kMostList = 1 << 20;

std::filesystem::path queue_file(const std::filesystem::path& data) {
  return data / "queue.json";
}

Result<std::vector<web::BatchView>::iterator> find(std::vector<web::BatchView>& queue,
                                                   const std::string& batch) {
  const auto found = std::ranges::find(queue, batch, &web::BatchView::batch);
  if (found == queue.end()) return fail(ErrorCode::input_missing, "batch: it is not in the queue");
  return found;
}

}  // namespace

Result<void> Machine::save_queue(const std::vector<web::BatchView>& queue) const {
  nlohmann::json order = nlohmann::json::array(), aside = nlohmann::json::array();
  for (const web::BatchView& one : queue) {
    if (one.state == "done") continue;
    order.push_back(one.batch);
    if (one.state == "aside") aside.push_back(one.batch);
  }
  return write_private(queue_file(equipment_.data),
                       nlohmann::json{{"order", order}, {"aside", aside}}.dump() + "\n");
}

Result<void> Machine::move(const std::string& batch, bool up, const std::string& user) {
  {
    const std::lock_guard lock(mutex_);
    auto queue = view_.queue;
    const auto at = find(queue, batch);
    if (!at) return std::unexpected(at.error());
    // What is being printed and what is done keeps its place.
    const auto movable = [](const web::BatchView& one) {
      return one.state != "done" && one.state != "running";
    };
    if (!movable(**at))
      return fail(ErrorCode::bad_data, "batch: it is " + (*at)->state + "; only a waiting one is moved");
    if (up) {
      const auto before = std::find_if(std::make_reverse_iterator(*at), queue.rend(), movable);
      if (before == queue.rend()) return fail(ErrorCode::bad_data, "batch: it is the first already");
      std::iter_swap(*at, before);
    } else {
      const auto after = std::find_if(std::next(*at), queue.end(), movable);
      if (after == queue.end()) return fail(ErrorCode::bad_data, "batch: it is the last already");
      std::iter_swap(*at, after);
    }
    if (auto saved = save_queue(queue); !saved) return saved;
    view_.queue = std::move(queue);
  }
  notice_({pipeline::Notice::Kind::info,
           "batch " + batch + (up ? " was moved up by " : " was moved down by ") + user});
  return {};
}

Result<void> Machine::set_aside(const std::string& batch, bool aside, const std::string& user) {
  {
    const std::lock_guard lock(mutex_);
    auto queue = view_.queue;
    const auto at = find(queue, batch);
    if (!at) return std::unexpected(at.error());
    const std::string& state = (*at)->state;
    if (aside ? state != "waiting" && state != "stopped" : state != "aside")
      return fail(
          ErrorCode::bad_data,
          "batch: it is " + state + (aside ? "; only one that waits or was stopped is set aside" : ""));
    (*at)->state = aside ? "aside" : "waiting";
    if (auto saved = save_queue(queue); !saved) return saved;
    view_.queue = std::move(queue);
    settle_view(0);
  }
  notice_({pipeline::Notice::Kind::info,
           "batch " + batch + (aside ? " was set aside by " : " was taken up again by ") + user});
  return {};
}

void Machine::restore_queue() {
  std::error_code none;
  const auto file = queue_file(equipment_.data);
  if (const auto size = std::filesystem::file_size(file, none); none || size > kMostList) return;
  std::ifstream in(file, std::ios::binary);
  const auto kept = nlohmann::json::parse(in, nullptr, false);
  if (!kept.is_object()) return;
  const auto names = [&](const char* member) {
    std::vector<std::string> all;
    if (const auto list = kept.find(member); list != kept.end() && list->is_array())
      for (const auto& name : *list)
        if (name.is_string()) all.push_back(name.get<std::string>());
    return all;
  };
  const auto order = names("order"), aside = names("aside");
  const std::lock_guard lock(mutex_);
  // What came since stands after what was there.
  std::ranges::stable_sort(view_.queue, {}, [&](const web::BatchView& one) {
    return std::distance(order.begin(), std::ranges::find(order, one.batch));
  });
  for (web::BatchView& one : view_.queue)
    if (one.state == "waiting" && std::ranges::find(aside, one.batch) != aside.end()) one.state = "aside";
  settle_view(0);
}

}  // namespace ktp::app
