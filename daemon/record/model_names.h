#pragma once
// Finds the entry that prices a model from its name as applications write it: with a gateway's or an SDK's prefix, an
// ARN or resource path around it, a region, version or date. The rules are in COST.md; what is not one of them has no
// price. Private to the module; pure, any thread, allocates nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/price_catalog.h"

namespace respand::record {

struct FoundPrice {
  enum class Why : std::uint8_t {
    kFound,
    kUnknown,  // no list has it
    kRefused,  // it is known, and known not to be priced: a fine-tuned model of a price of its own, a search fee
  };
  const PriceEntry* entry = nullptr;
  Why why = Why::kUnknown;
};

// What was tried, in words, for `respand costs price`.
using PriceSteps = std::vector<std::string>;

class ModelNames {
 public:
  // `catalog` is borrowed.
  explicit ModelNames(const PriceCatalog& catalog) : catalog_(catalog) {}

  // `steps` may be null.
  [[nodiscard]] FoundPrice find(std::string_view provider, std::string_view model, PriceSteps* steps = nullptr) const;
  [[nodiscard]] FoundPrice find(const ModelReference& model, PriceSteps* steps = nullptr) const;

 private:
  const PriceCatalog& catalog_;
};

// The longest name that is looked at. An ARN has up to 150 bytes, the API's limit for names is 120.
inline constexpr std::size_t kMaxModelName = 256;

}  // namespace respand::record
