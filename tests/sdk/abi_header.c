/* SPDX-License-Identifier: Apache-2.0
 * The header alone, twice: it must stand by itself. Its layout is compared by tools/check-abi. */
#include "station/abi.h"
#include "station/abi.h"

typedef int the_file_is_not_empty;
