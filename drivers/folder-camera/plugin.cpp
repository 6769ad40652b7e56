// SPDX-License-Identifier: Apache-2.0
#include "folder-camera/folder_camera.hpp"

STATION_PLUGIN("id.ktp-station.folder-camera", "0.1.0", "KTP Station", sim::FolderCamera);
