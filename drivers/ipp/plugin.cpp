// SPDX-License-Identifier: Apache-2.0
#include "ipp/ipp.hpp"

STATION_PLUGIN("id.ktp-station.ipp", "0.1.0", "KTP Station", ipp::Ipp);
