#include "ledger/usd.h"

#include <array>

namespace respand::ledger {
namespace {

constexpr int kDecimals = 18;

constexpr std::array<std::uint64_t, kDecimals + 1> kPowers = [] {
  std::array<std::uint64_t, kDecimals + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) {
    powers[i] = powers[i - 1] * 10;
  }
  return powers;
}();

std::string digits_of(std::int64_t units, std::size_t decimals) {
  std::string digits = std::to_string(units);
  return std::string(decimals - digits.size(), '0') + digits;
}

}  // namespace

Usd Usd::of(const record::Decimal& decimal) {
  const auto scale = static_cast<std::size_t>(decimal.scale);
  const std::uint64_t power = kPowers[scale];
  if (decimal.digits <= UINT64_MAX) {  // nearly always so; a division of 128 bits is slow
    const auto digits = static_cast<std::uint64_t>(decimal.digits);
    return {static_cast<std::int64_t>(digits / power),
            static_cast<std::int64_t>((digits % power) * kPowers[kDecimals - scale])};
  }
  return {static_cast<std::int64_t>(decimal.digits / power),
          static_cast<std::int64_t>(static_cast<std::uint64_t>(decimal.digits % power) * kPowers[kDecimals - scale])};
}

// Both units are below a dollar, so their sum fits, and carries one dollar at most.
void Usd::add(const Usd& more) {
  units += more.units;
  const std::int64_t carry = units >= kUnits ? 1 : 0;
  units -= carry * kUnits;
  dollars = dollars > kMost - more.dollars - carry ? kMost : dollars + more.dollars + carry;
}

Usd Usd::minus(const Usd& less) const {
  const std::int64_t borrow = units < less.units ? 1 : 0;
  return {dollars - less.dollars - borrow, units - less.units + borrow * kUnits};
}

std::string Usd::exact() const {
  std::string digits = digits_of(units, kDecimals);
  digits.erase(digits.find_last_not_of('0') + 1);
  return std::to_string(dollars) + (digits.empty() ? "" : "." + digits);
}

std::string Usd::rounded(int decimals) const {
  const auto step = static_cast<std::int64_t>(kPowers[static_cast<std::size_t>(kDecimals - decimals)]);
  Usd value = *this;
  value.add({0, step / 2});  // rounds half up: what follows cuts off
  if (decimals == 0) {
    return std::to_string(value.dollars);
  }
  return std::to_string(value.dollars) + "." + digits_of(value.units / step, static_cast<std::size_t>(decimals));
}

}  // namespace respand::ledger
