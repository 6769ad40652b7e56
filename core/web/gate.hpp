// SPDX-License-Identifier: Apache-2.0
// What every request has to pass before anything looks at what it wants.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "web/http.hpp"

namespace ktp::web {

/// Names under which this station may be asked for: "127.0.0.1:8377", "localhost:8377".
using HostNames = std::vector<std::string>;

/// Refuses what a page of ours would never send, or nothing when the request may go on: a Host that is not
/// ours (a foreign name that was made to point here), a method other than GET, HEAD and POST, an Origin or
/// Sec-Fetch-Site of another site, a POST without Origin or of another type than JSON (or a batch upload).
/// `tls`: pages of ours come by https.
std::optional<Reply> refused_at_the_gate(const Request& request, const HostNames& ours, bool tls = false);

/// Header fields of every reply: no script but our own files, no frame, no guessing of types, no referrer.
[[nodiscard]] const std::vector<std::pair<std::string, std::string>>& security_headers();

}  // namespace ktp::web
