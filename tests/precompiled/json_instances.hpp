// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>
#include <string>

// What every file that reads or writes JSON would instantiate again: with `extern` declared, without it
// defined.
#define KTP_JSON_READER(EXTERN, INPUT)                                  \
  EXTERN template class nlohmann::detail::lexer<nlohmann::json, INPUT>; \
  EXTERN template class nlohmann::detail::parser<nlohmann::json, INPUT>;
#define KTP_JSON_INSTANCES(EXTERN)                                                               \
  EXTERN template class nlohmann::basic_json<>;                                                  \
  EXTERN template class nlohmann::basic_json<nlohmann::ordered_map>;                             \
  EXTERN template class nlohmann::detail::serializer<nlohmann::json>;                            \
  EXTERN template class nlohmann::detail::serializer<nlohmann::ordered_json>;                    \
  KTP_JSON_READER(EXTERN, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>) \
  KTP_JSON_READER(EXTERN, nlohmann::detail::iterator_input_adapter<const char*>)                 \
  KTP_JSON_READER(EXTERN, nlohmann::detail::input_stream_adapter)
