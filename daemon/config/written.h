#pragma once
// Which keys a file holds and where, as far as later checks need to know. Filled by load.cc.

#include <initializer_list>
#include <map>
#include <set>
#include <string_view>

#include "config/report.h"

namespace respand::config {

struct Written {
  std::map<std::string_view, Place> places;  // where the keys are that have a value; paths as in keys()
  std::set<std::string_view> literal;        // keys of these whose value holds no ${NAME}
  std::set<std::string_view> wrong;          // keys whose value was reported: their fields say nothing

  [[nodiscard]] bool has(std::string_view key) const { return places.contains(key); }
  // The place of the first of these keys that is written; no place where none is.
  [[nodiscard]] Place place(std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      if (const auto found = places.find(key); found != places.end()) {
        return found->second;
      }
    }
    return {};
  }
};

}  // namespace respand::config
