// SPDX-License-Identifier: Apache-2.0
#include "web/form.hpp"

#include <nlohmann/json.hpp>

namespace ktp::web {

Result<Form> Form::read(const std::string& body) {
  Form form;
  if (body.empty()) return form;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || json.size() > 16) return fail(ErrorCode::bad_data, "body: a JSON object of texts");
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) return fail(ErrorCode::bad_data, "body: a JSON object of texts");
    form.members_[name] = value.get<std::string>();
  }
  return form;
}

std::string Form::text(const std::string& name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? std::string() : found->second;
}

}  // namespace ktp::web
