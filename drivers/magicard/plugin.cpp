// SPDX-License-Identifier: Apache-2.0
#include "magicard/magicard.hpp"

STATION_PLUGIN("id.ktp-station.magicard", "0.1.0", "KTP Station", magicard::Magicard);
