#include "record/name_index.h"

#include <bit>

namespace respand::record {
namespace {

std::uint64_t hash_of(std::string_view provider, std::string_view model) {  // FNV-1a
  std::uint64_t value = 0xCBF29CE484222325 ^ provider.size();
  for (const std::string_view text : {provider, model}) {
    for (const char c : text) {
      value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
    }
  }
  return value ^ (value >> 32);
}

}  // namespace

void NameIndex::put(std::string_view provider, std::string_view model, const PriceEntry* entry) {
  known_.push_back({.hash = hash_of(provider, model),
                    .begin = static_cast<std::uint32_t>(text_.size()),
                    .provider = static_cast<std::uint16_t>(provider.size()),
                    .model = static_cast<std::uint16_t>(model.size()),
                    .entry = entry});
  text_.append(provider).append(model);
}

void NameIndex::finish() {
  slots_.assign(std::bit_ceil(known_.size() * 2 + 1), 0);
  for (std::size_t i = 0; i < known_.size(); ++i) {
    std::size_t at = known_[i].hash & (slots_.size() - 1);
    while (slots_[at] != 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

const PriceEntry* NameIndex::find(std::string_view provider, std::string_view model) const {
  const std::uint64_t hash = hash_of(provider, model);
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Known& each = known_[slots_[at] - 1];
    if (each.hash == hash && each.provider == provider.size() && each.model == model.size() &&
        std::string_view(text_).substr(each.begin, each.provider) == provider &&
        std::string_view(text_).substr(std::size_t{each.begin} + each.provider, each.model) == model) {
      return each.entry;
    }
  }
  return nullptr;
}

}  // namespace respand::record
