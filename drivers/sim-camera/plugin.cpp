// SPDX-License-Identifier: Apache-2.0
#include "sim-camera/sim_camera.hpp"

STATION_PLUGIN("id.ktp-station.sim-camera", "0.1.0", "KTP Station", sim::SimCamera);
