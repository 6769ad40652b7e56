// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "app/keeping_cli.hpp"

namespace ktp::app {

/// The command word `blanks`: receive, load, issue, return, count, out (handover/blanks.hpp).
void add_blanks_commands(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code);

}  // namespace ktp::app
