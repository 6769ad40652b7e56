// SPDX-License-Identifier: Apache-2.0
#include "genicam/genicam_camera.hpp"

STATION_PLUGIN("id.ktp-station.genicam", "0.1.0", "KTP Station", genicam::GenicamCamera);
