// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands.hpp"

namespace ktp::app {

/// Makes a command below `parent` with the options that all have.
using AddCommand = std::function<CLI::App*(CLI::App& parent, const char* name, const char* help)>;

/// The commands of the office's keeper: backup and restore, reprints that two people decide. They set `code`.
void add_keeping_commands(CLI::App& app, CLI::App& ledger, const AddCommand& command,
                          const CommonOptions& common, int& code);

}  // namespace ktp::app
