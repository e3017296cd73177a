#include "spool/name.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>

namespace respand::spool {
namespace {

constexpr std::size_t kDigits = 8;

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string taking_name(std::string_view name, std::uint32_t number) {
  std::array<char, kDigits + 2> digits;
  std::snprintf(digits.data(), digits.size(), "%08x-", number);
  std::string made(kTakingPrefix);
  made += digits.data();
  const std::size_t room = NAME_MAX - made.size();
  return made.append(name.size() > room ? name.substr(name.size() - room) : name);
}

std::string_view writers_name(std::string_view name) {
  const std::size_t head = kTakingPrefix.size() + kDigits + 1;
  if (name.size() <= head || !name.starts_with(kTakingPrefix) || name[head - 1] != '-') {
    return name;
  }
  const std::string_view digits = name.substr(kTakingPrefix.size(), kDigits);
  return std::all_of(digits.begin(), digits.end(), is_digit) ? name.substr(head) : name;
}

SpoolName judge_name(std::string_view name, SpoolKind& kind) {
  name = writers_name(name);
  if (name.empty() || name.front() == '.' || name.ends_with(".tmp") || name.ends_with(".part") ||
      name == kRejectedFolder) {
    return SpoolName::kLeave;
  }
  kind.packing = SpoolPacking::kPlain;
  if (name.ends_with(".gz")) {
    kind.packing = SpoolPacking::kGzip;
    name.remove_suffix(3);
  } else if (name.ends_with(".zst")) {
    kind.packing = SpoolPacking::kZstd;
    name.remove_suffix(4);
  }
  if (name.ends_with(".json")) {
    kind.form = SpoolForm::kText;
    return SpoolName::kTake;
  }
  if (name.ends_with(".ndjson") || name.ends_with(".jsonl")) {
    kind.form = SpoolForm::kLines;
    return SpoolName::kTake;
  }
  return SpoolName::kUnknown;
}

}  // namespace respand::spool
