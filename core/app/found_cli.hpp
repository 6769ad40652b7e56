// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "app/keeping_cli.hpp"

namespace ktp::app {

/// The command words `found` and `doubt` (handover/found.hpp).
void add_found_commands(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code);

}  // namespace ktp::app
