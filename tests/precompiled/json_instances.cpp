// SPDX-License-Identifier: Apache-2.0
#include "json_instances.hpp"

KTP_JSON_INSTANCES()
