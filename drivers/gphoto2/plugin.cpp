// SPDX-License-Identifier: Apache-2.0
#include "gphoto2/gphoto2_camera.hpp"

STATION_PLUGIN("id.ktp-station.gphoto2", "0.1.0", "KTP Station", gphoto2::Gphoto2Camera);
