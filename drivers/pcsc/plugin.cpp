// SPDX-License-Identifier: Apache-2.0
#include "pcsc/reader.hpp"

STATION_PLUGIN("id.ktp-station.pcsc", "0.1.0", "KTP Station", pcsc::Reader);
