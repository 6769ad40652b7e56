// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/office.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>

#include "bench/campaign/desk.hpp"
#include "bench/campaign/mail_room.hpp"
#include "bench/campaign/post_office.hpp"
#include "bench/campaign/print_room.hpp"

namespace ktp::campaign {

namespace {

// Day after day from where the last life stopped; every step may be done again.
void work_through(const Campaign& campaign) {
  Desk desk(campaign);
  PrintRoom printing(desk);
  MailRoom mail(desk);
  Truth& truth = desk.truth();
  const std::uint64_t recall_day = campaign.print_days * 2 / 5;
  printing.receive_blanks();
  for (; truth.day < campaign.days; ++truth.day) {
    const std::uint64_t day = truth.day;
    desk.wait_for_the_cut(0);
    if (day < campaign.print_days) printing.take_in(day);
    printing.recover();
    if (day == recall_day) {  // the word comes in the middle of a day's printing, with boxes waiting from the
                              // day before
      printing.produce(campaign.orders / campaign.print_days / 2);
      mail.recall();
    }
    printing.produce();
    if (day % 7 == 6) mail.destroy();
    mail.seal();
    if (day + 1 != recall_day) mail.hand_over();
    deliver(truth, day);
    mail.import_results(day);
    mail.see_to_returned();
  }
  printing.recover();
  mail.destroy();
  printing.balance();
}

}  // namespace

Campaign plan(const std::filesystem::path& folder, std::uint64_t orders) {
  constexpr std::uint64_t kPerDay = 2200, kShortest = 10;  // 60 days for the article's cards
  // An undelivered card goes out three times, and the post may repeat itself for three weeks.
  constexpr std::uint64_t kAfterwards = 75;
  const std::uint64_t print_days = std::max(kShortest, orders / kPerDay);
  return {.folder = folder,
          .orders = orders,
          .blanks = orders * 192'000 / 132'289 + 50,  // as the ministry delivered
          .twice = std::max<std::uint64_t>(1, orders * 91 / 132'289),
          .print_days = print_days,
          .days = print_days + kAfterwards};
}

int work(const Campaign& campaign) {
  try {
    work_through(campaign);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the office stopped: %s\n", error.what());
    return 1;
  }
}

}  // namespace ktp::campaign
