#include "record/price_catalog.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace respand::record {
namespace {

using Kind = config::NameMatch::Kind;

std::string lower_copy(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::uint64_t hash_of(std::uint16_t provider, std::string_view text) {  // FNV-1a
  std::uint64_t value = 0xCBF29CE484222325 ^ provider;
  for (const char c : text) {
    value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
  }
  return value ^ (value >> 32);
}

struct OtherName {
  std::string_view name;
  std::string_view id;
};
// Names of providers with gateways and SDKs, where they are not the id in genai-prices: LiteLLM, LangChain, Vercel,
// pydantic-ai, OpenTelemetry.
constexpr OtherName kOtherNames[] = {{"amazon", "aws"},
                                     {"amazon-bedrock", "aws"},
                                     {"amazon_bedrock", "aws"},
                                     {"aws.bedrock", "aws"},
                                     {"aws_bedrock", "aws"},
                                     {"azure-ai", "azure"},
                                     {"azure-openai", "azure"},
                                     {"azure.ai.inference", "azure"},
                                     {"azure.ai.openai", "azure"},
                                     {"azure_ai", "azure"},
                                     {"azure_openai", "azure"},
                                     {"azure_text", "azure"},
                                     {"az.ai.inference", "azure"},
                                     {"az.ai.openai", "azure"},
                                     {"bedrock", "aws"},
                                     {"bedrock_converse", "aws"},
                                     {"codestral", "mistral"},
                                     {"cohere_chat", "cohere"},
                                     {"fireworks-ai", "fireworks"},
                                     {"fireworks_ai", "fireworks"},
                                     {"gcp.gemini", "google"},
                                     {"gcp.gen_ai", "google"},
                                     {"gcp.vertex_ai", "google"},
                                     {"gemini", "google"},
                                     {"google-gla", "google"},
                                     {"google-vertex", "google"},
                                     {"google_genai", "google"},
                                     {"google_vertexai", "google"},
                                     {"grok", "x-ai"},
                                     {"mistral_ai", "mistral"},
                                     {"moonshot", "moonshotai"},
                                     {"ollama_chat", "ollama"},
                                     {"openai-chat", "openai"},
                                     {"openai-responses", "openai"},
                                     {"text-completion-openai", "openai"},
                                     {"together-ai", "together"},
                                     {"together.ai", "together"},
                                     {"together_ai", "together"},
                                     {"togetherai", "together"},
                                     {"vertex", "google"},
                                     {"vertex-ai", "google"},
                                     {"vertex_ai", "google"},
                                     {"vertex_ai_beta", "google"},
                                     {"vertexai", "google"},
                                     {"voyage", "voyageai"},
                                     {"xai", "x-ai"},
                                     {"z.ai", "zai"},
                                     {"zhipu", "zhipuai"}};

// The makers of models. Where no seller is named the maker's price counts, and not what others ask for the model.
constexpr std::string_view kMakers[] = {"anthropic",  "cohere", "deepseek",   "google",   "minimax", "mistral",
                                        "moonshotai", "openai", "perplexity", "voyageai", "x-ai",    "zhipuai"};

// Nobody bills an output of embeddings and rankings, so lists have no price for it.
bool makes_vectors(std::string_view id) {
  return id.find("embed") != std::string_view::npos || id.find("rerank") != std::string_view::npos ||
         id.starts_with("voyage-") || id.starts_with("bge-");
}

bool only_literals(const CompiledMatch& match) {
  return match.kind == Kind::kEquals ||
         (match.kind == Kind::kAny && std::all_of(match.parts.begin(), match.parts.end(), only_literals));
}

// Whether two entries cost the same at every time and under all terms.
bool same_price(const RateSet& a, const RateSet& b) {
  const auto same_rate = [](const Rate& x, const Rate& y) {
    return x.unit == y.unit && x.price == y.price && x.tiers.size() == y.tiers.size() &&
           std::equal(x.tiers.begin(), x.tiers.end(), y.tiers.begin(), [](const Rate::Tier& t, const Rate::Tier& u) {
             return t.above == u.above && t.price == u.price;
           });
  };
  return a.from_day == b.from_day && a.from_second == b.from_second && a.to_second == b.to_second &&
         a.rates.size() == b.rates.size() &&
         std::is_permutation(a.rates.begin(), a.rates.end(), b.rates.begin(), same_rate);
}

bool same_price(const PriceEntry& a, const PriceEntry& b) {
  const auto same_terms = [](const RateTerms& x, const RateTerms& y) {
    return x.service_tier == y.service_tier && x.geography == y.geography && x.sets.size() == y.sets.size() &&
           std::equal(x.sets.begin(), x.sets.end(), y.sets.begin(),
                      [](const RateSet& s, const RateSet& t) { return same_price(s, t); });
  };
  return a.terms.size() == b.terms.size() && std::equal(a.terms.begin(), a.terms.end(), b.terms.begin(), same_terms);
}

}  // namespace

CompiledMatch::CompiledMatch(const config::NameMatch& match) : kind(match.kind) {
  if (kind == Kind::kRegex) {
    pattern = NamePattern::parse(match.text);
  } else {
    text = lower_copy(match.text);
  }
  for (const config::NameMatch& part : match.parts) {
    parts.emplace_back(part);
  }
}

bool CompiledMatch::fits(std::string_view lower_name) const {
  const auto fits_part = [lower_name](const CompiledMatch& part) { return part.fits(lower_name); };
  switch (kind) {
    case Kind::kEquals:
      return lower_name == text;
    case Kind::kStartsWith:
      return lower_name.starts_with(text);
    case Kind::kEndsWith:
      return lower_name.ends_with(text);
    case Kind::kContains:
      return lower_name.find(text) != std::string_view::npos;
    case Kind::kRegex:
      return pattern && pattern->found_in(lower_name);
    case Kind::kAny:
      return std::any_of(parts.begin(), parts.end(), fits_part);
    case Kind::kAll:
      return std::all_of(parts.begin(), parts.end(), fits_part);
  }
  return false;
}

bool CompiledMatch::begins(std::string_view lower_name) const {
  return (kind == Kind::kStartsWith && lower_name.starts_with(text)) ||
         (kind == Kind::kAny && std::any_of(parts.begin(), parts.end(), [lower_name](const CompiledMatch& part) {
            return part.begins(lower_name);
          }));
}

PriceCatalog::PriceCatalog(const std::vector<const config::PriceList*>& lists) {
  providers_.emplace_back();  // kAnybody
  for (const config::PriceList* const list : lists) {
    for (const config::ListedProvider& listed : list->providers) {
      Provider& provider = providers_[provider_or_new(lower_copy(listed.id))];
      if (listed.names) {
        provider.names.emplace(*listed.names);
      }
      if (listed.models) {
        provider.models.emplace(*listed.models);
      }
    }
  }
  for (const config::PriceList* const list : lists) {
    for (const config::ListedProvider& listed : list->providers) {
      std::vector<ProviderIndex> fallbacks;
      for (const std::string& id : listed.fallbacks) {
        fallbacks.push_back(provider_or_new(lower_copy(id)));
      }
      if (!fallbacks.empty()) {
        providers_[provider_or_new(lower_copy(listed.id))].fallbacks = std::move(fallbacks);
      }
    }
  }
  for (auto list = lists.rbegin(); list != lists.rend(); ++list) {
    variants_.insert(variants_.end(), (*list)->variants.begin(), (*list)->variants.end());
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    add_list(*lists[i], static_cast<std::uint16_t>(i));
  }
  variants_.clear();
  entries_.push_back({.provider = "openrouter",
                      .model = ":free",
                      .list = 0,
                      .line = 0,
                      .terms = compile_prices({config::ListedPrices{}}, {})});
  build_index();
}

PriceCatalog::ProviderIndex PriceCatalog::provider_or_new(const std::string& id) {
  const auto known =
      std::find_if(providers_.begin() + 1, providers_.end(), [&](const Provider& p) { return p.id == id; });
  if (known == providers_.end()) {
    Provider& made = providers_.emplace_back();
    made.id = id;
    made.makes_models = std::find(std::begin(kMakers), std::end(kMakers), id) != std::end(kMakers);
    return static_cast<ProviderIndex>(providers_.size() - 1);
  }
  return static_cast<ProviderIndex>(known - providers_.begin());
}

void PriceCatalog::add_list(const config::PriceList& list, std::uint16_t number) {
  std::vector<std::vector<std::uint32_t>> added(providers_.size());
  for (const config::ListedModel& model : list.models) {
    const ProviderIndex provider = model.provider.empty() ? kAnybody : provider_or_new(lower_copy(model.provider));
    if (provider >= added.size()) {
      added.resize(provider + std::size_t{1});
    }
    const std::string id = lower_copy(model.id);
    std::vector<const config::ListedPrices*> variants;
    for (const config::ListedVariant& variant : variants_) {
      if (variant.provider == model.provider && CompiledMatch(variant.match).fits(id)) {
        variants.push_back(&variant.prices);
      }
    }
    added[provider].push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back({.provider = providers_[provider].id,
                        .model = model.id,
                        .list = number,
                        .line = model.line,
                        .terms = compile_prices(model.prices, variants, makes_vectors(id))});
    matches_.emplace_back(model.match);
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    auto& entries = providers_[i].entries;
    entries.insert(entries.begin(), added[i].begin(), added[i].end());
  }
}

void PriceCatalog::put_literal(ProviderIndex provider, std::string_view name, std::uint32_t what) {
  literals_.push_back({.hash = hash_of(provider, name),
                       .name = static_cast<std::uint32_t>(names_.size()),
                       .entry = what,
                       .provider = provider});
  names_.emplace_back(name);
}

// The names of providers are in the same index, as if they were models of nobody.
void PriceCatalog::put_provider_names() {
  for (std::size_t i = 1; i < providers_.size(); ++i) {
    put_literal(kNobody, providers_[i].id, static_cast<std::uint32_t>(i));
    for (const OtherName& other : kOtherNames) {
      if (other.id == providers_[i].id) {
        put_literal(kNobody, other.name, static_cast<std::uint32_t>(i));
      }
    }
  }
}

void PriceCatalog::build_index() {
  put_provider_names();
  for (std::size_t i = 0; i < providers_.size(); ++i) {
    for (const std::uint32_t entry : providers_[i].entries) {
      put_literals(matches_[entry], static_cast<ProviderIndex>(i), entry);
      if (!only_literals(matches_[entry])) {
        providers_[i].patterns.push_back(entry);
      }
    }
  }
  slots_.assign(std::bit_ceil(literals_.size() * 2 + 1), 0);
  for (std::size_t i = 0; i < literals_.size(); ++i) {
    const std::string& name = names_[literals_[i].name];
    if (literal(literals_[i].provider, name) != nullptr) {
      continue;  // an entry that is asked earlier has this name
    }
    std::size_t at = literals_[i].hash & (slots_.size() - 1);
    while (slots_[at] != 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
  // An entry that is asked earlier may match the name by a pattern.
  for (Literal& each : literals_) {
    if (each.provider == kNobody) {
      continue;
    }
    const std::vector<std::uint32_t>& entries = providers_[each.provider].entries;
    const auto first = std::find_if(entries.begin(), entries.end(),
                                    [&](std::uint32_t entry) { return matches_[entry].fits(names_[each.name]); });
    each.entry = *first;
  }
}

void PriceCatalog::put_literals(const CompiledMatch& match, ProviderIndex provider, std::uint32_t entry) {
  if (match.kind == Kind::kEquals) {
    put_literal(provider, match.text, entry);
  } else if (match.kind == Kind::kAny) {
    for (const CompiledMatch& part : match.parts) {
      put_literals(part, provider, entry);
    }
  }
}

const PriceCatalog::Literal* PriceCatalog::literal(ProviderIndex provider, std::string_view lower_model) const {
  const std::uint64_t hash = hash_of(provider, lower_model);
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Literal& each = literals_[slots_[at] - 1];
    if (each.hash == hash && each.provider == provider && names_[each.name] == lower_model) {
      return &each;
    }
  }
  return nullptr;
}

PriceCatalog::ProviderIndex PriceCatalog::provider_of_prefix(std::string_view lower_name) const {
  const Literal* const known = literal(kNobody, lower_name);
  return known != nullptr ? static_cast<ProviderIndex>(known->entry) : kNobody;
}

PriceCatalog::ProviderIndex PriceCatalog::provider(std::string_view lower_name) const {
  const ProviderIndex known = provider_of_prefix(lower_name);
  if (known != kNobody || lower_name.empty()) {
    return known;
  }
  if (lower_name.find("azure") != std::string_view::npos) {  // "azure-openai-eu" would be OpenAI's
    return provider_of_prefix("azure");
  }
  const auto named = std::find_if(providers_.begin() + 1, providers_.end(),
                                  [&](const Provider& p) { return p.names && p.names->fits(lower_name); });
  return named != providers_.end() ? static_cast<ProviderIndex>(named - providers_.begin()) : kNobody;
}

PriceCatalog::ProviderIndex PriceCatalog::maker_of(std::string_view lower_model) const {
  const auto maker = std::find_if(providers_.begin() + 1, providers_.end(),
                                  [&](const Provider& p) { return p.models && p.models->fits(lower_model); });
  return maker != providers_.end() ? static_cast<ProviderIndex>(maker - providers_.begin()) : kNobody;
}

const PriceEntry* PriceCatalog::find_in(ProviderIndex provider, std::string_view lower_model) const {
  if (const Literal* const known = literal(provider, lower_model); known != nullptr) {
    return &entries_[known->entry];
  }
  for (const std::uint32_t entry : providers_[provider].patterns) {
    if (matches_[entry].fits(lower_model)) {
      return &entries_[entry];
    }
  }
  return nullptr;
}

const PriceEntry* PriceCatalog::find(ProviderIndex provider, std::string_view lower_model) const {
  if (provider == kNobody) {
    return nullptr;
  }
  const PriceEntry* found = find_in(provider, lower_model);
  for (const ProviderIndex fallback : providers_[provider].fallbacks) {
    found = found != nullptr ? found : find_in(fallback, lower_model);
  }
  return found;
}

// Where nobody says whose model it is, only whole names and patterns for the beginning of a name count.
const PriceEntry* PriceCatalog::find_named(ProviderIndex provider, std::string_view lower_model) const {
  if (const Literal* const named = literal(provider, lower_model); named != nullptr) {
    return &entries_[named->entry];
  }
  if (providers_[provider].makes_models) {
    for (const std::uint32_t entry : providers_[provider].patterns) {
      if (matches_[entry].begins(lower_model)) {
        return &entries_[entry];
      }
    }
  }
  return nullptr;
}

const PriceEntry* PriceCatalog::find_anywhere(std::string_view lower_model) const {
  const PriceEntry* sold = nullptr;
  const PriceEntry* made = nullptr;
  bool sellers_agree = true;
  bool makers_agree = true;
  for (std::size_t i = 1; i < providers_.size(); ++i) {
    const PriceEntry* const entry = find_named(static_cast<ProviderIndex>(i), lower_model);
    if (entry == nullptr) {
      continue;
    }
    sellers_agree = sellers_agree && (sold == nullptr || same_price(*sold, *entry));
    sold = entry;
    if (providers_[i].makes_models) {
      makers_agree = makers_agree && (made == nullptr || same_price(*made, *entry));
      made = entry;
    }
  }
  if (made != nullptr) {
    return makers_agree ? made : nullptr;
  }
  return sellers_agree ? sold : nullptr;
}

}  // namespace respand::record
