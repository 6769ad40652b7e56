// SPDX-License-Identifier: Apache-2.0
#include "opencv-camera/opencv_camera.hpp"

STATION_PLUGIN("id.ktp-station.opencv-camera", "0.1.0", "KTP Station", opencv_camera::OpencvCamera);
