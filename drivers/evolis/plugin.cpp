// SPDX-License-Identifier: Apache-2.0
#include "evolis/evolis.hpp"

STATION_PLUGIN("id.ktp-station.evolis", "0.1.0", "KTP Station", evolis::Evolis);
