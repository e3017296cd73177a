#pragma once
// Which keys a file holds and where, as far as later checks need to know. Filled by load.cc.

#include <initializer_list>
#include <map>
#include <set>
#include <string_view>

#include "config/report.h"

namespace respand::config {

struct Written {
  std::map<std::string_view, Place> places;  // of the keys that have a value; paths as in keys()
  std::set<std::string_view> literal;        // those of them whose value holds no ${NAME}
  std::set<std::string_view> wrong;          // those whose value was reported: nothing can be said about the field

  [[nodiscard]] bool has(std::string_view key) const { return places.contains(key); }
  // The place of the first of the keys that is written; none where none is.
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
