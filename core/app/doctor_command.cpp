// SPDX-License-Identifier: Apache-2.0
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/doctor.hpp"

namespace ktp::app {

int doctor_command(const CommonOptions& common) {
  int code = 0;
  for (const Finding& finding : look_at_machine(common.config, common.data)) {
    if (common.json) {
      std::cout << nlohmann::ordered_json{{"grade", to_string(finding.grade)},
                                          {"what", finding.what},
                                          {"words", finding.words}}
                       .dump()
                << '\n';
    } else {
      std::cout << std::left << std::setw(9) << to_string(finding.grade) << std::setw(26) << finding.what
                << finding.words << '\n';
    }
    if (finding.grade == Finding::Grade::bad) code = static_cast<int>(ErrorCode::configuration);
  }
  return code;
}

}  // namespace ktp::app
