#pragma once
// The price lists as one catalogue: providers, their entries in the order in which they are asked (a later list's
// first), and an index of the names that lists give as they are. Finds what genai-prices finds: of a provider's entries
// the first one that matches. Which provider and which name to ask for is model_names.h's. Private to the module.
// Immutable; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/price_entry.h"
#include "respand/base/name_pattern.h"
#include "respand/config/price_list.h"

namespace respand::record {

// A NameMatch with its texts in small letters.
struct CompiledMatch {
  explicit CompiledMatch(const config::NameMatch& match);
  [[nodiscard]] bool fits(std::string_view lower_name) const;
  // Whether the name begins with a text that it asks a begin for.
  [[nodiscard]] bool begins(std::string_view lower_name) const;

  config::NameMatch::Kind kind;
  std::string text;
  std::vector<CompiledMatch> parts;
  std::optional<NamePattern> pattern;
};

class PriceCatalog {
 public:
  using ProviderIndex = std::uint16_t;
  static constexpr ProviderIndex kNobody = 0xFFFF;  // no provider
  static constexpr ProviderIndex kAnybody = 0;      // entries that count whoever sells the model

  struct Provider {
    std::string id;
    std::optional<CompiledMatch> names;
    std::optional<CompiledMatch> models;
    bool makes_models = false;  // it makes models; it may sell those of others too
    std::vector<ProviderIndex> fallbacks;
    std::vector<std::uint32_t> entries;   // in the order in which they are asked
    std::vector<std::uint32_t> patterns;  // those of them that match more than whole names
  };

  // `lists` are read, not kept; later ones win.
  explicit PriceCatalog(const std::vector<const config::PriceList*>& lists);

  // By its id, or as genai-prices knows it by other names. Requires: small letters.
  [[nodiscard]] ProviderIndex provider(std::string_view lower_name) const;
  // By its id, or another name that stands in front of models ("vertex_ai/…"), never by a part of it.
  [[nodiscard]] ProviderIndex provider_of_prefix(std::string_view lower_name) const;
  [[nodiscard]] const Provider& at(ProviderIndex provider) const { return providers_[provider]; }
  // The first provider whose own models have such names.
  [[nodiscard]] ProviderIndex maker_of(std::string_view lower_model) const;

  // The entry that a provider, or one whose models it sells too, has for the name; null for none.
  [[nodiscard]] const PriceEntry* find(ProviderIndex provider, std::string_view lower_model) const;
  // The entry that all sellers of a model of exactly this name agree on, or the entry of its maker.
  [[nodiscard]] const PriceEntry* find_anywhere(std::string_view lower_model) const;

  // Calls visit(provider's id, name) for each name that a list gives as it is; some come twice.
  template <typename Visit>
  void for_each_name(const Visit& visit) const {
    for (const Literal& each : literals_) {
      if (each.provider != kNobody) {
        visit(std::string_view(providers_[each.provider].id), std::string_view(names_[each.name]));
      }
    }
  }

  // The entry of models that are free by their name and are in no list; it belongs to no provider.
  [[nodiscard]] const PriceEntry& free_entry() const { return entries_.back(); }
  [[nodiscard]] const std::vector<PriceEntry>& entries() const { return entries_; }

 private:
  ProviderIndex provider_or_new(const std::string& id);
  void add_list(const config::PriceList& list, std::uint16_t number);
  void build_index();
  void put_provider_names();
  void put_literal(ProviderIndex provider, std::string_view name, std::uint32_t what);
  void put_literals(const CompiledMatch& match, ProviderIndex provider, std::uint32_t entry);
  [[nodiscard]] const PriceEntry* find_in(ProviderIndex provider, std::string_view lower_model) const;
  [[nodiscard]] const PriceEntry* find_named(ProviderIndex provider, std::string_view lower_model) const;

  struct Literal {
    std::uint64_t hash = 0;
    std::uint32_t name = 0;  // of names_
    std::uint32_t entry = 0;
    ProviderIndex provider = kNobody;
  };
  [[nodiscard]] const Literal* literal(ProviderIndex provider, std::string_view lower_model) const;

  std::vector<Provider> providers_;
  std::vector<config::ListedVariant> variants_;  // of all lists, while they are read; a later list's first
  std::vector<PriceEntry> entries_;
  std::vector<CompiledMatch> matches_;  // of each entry
  std::vector<std::string> names_;      // of the literals
  std::vector<Literal> literals_;
  std::vector<std::uint32_t> slots_;  // 1 + index in literals_, 0: empty; open addressing
};

}  // namespace respand::record
