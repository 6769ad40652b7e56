// SPDX-License-Identifier: Apache-2.0
#include "sim-printer/sim_printer.hpp"

STATION_PLUGIN("id.ktp-station.sim-printer", "0.1.0", "KTP Station", sim::SimPrinter);
