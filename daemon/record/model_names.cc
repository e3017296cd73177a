#include "record/model_names.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "record/name_parts.h"
#include "respand/base/text.h"

namespace respand::record {
namespace {

using Why = FoundPrice::Why;
using Provider = PriceCatalog::ProviderIndex;

constexpr Provider kNobody = PriceCatalog::kNobody;
// More prefixes than anybody puts in front of each other, as in openrouter/openai/gpt-4o.
constexpr int kMostPrefixes = 6;

// The look-up of one name. Its views point into the caller's buffers.
class Search {
 public:
  Search(const PriceCatalog& catalog, PriceSteps* steps) : catalog_(catalog), steps_(steps) {}

  FoundPrice run(std::string_view provider, std::string_view model) {
    named_ = provider;
    seller_ = catalog_.provider(provider);
    if (!provider.empty()) {
      if (seller_ == kNobody) {
        say([&] { return cat("no list knows the provider '", printable(provider, 60), "': it is left aside"); });
      } else {
        say([&] { return cat("the provider '", printable(provider, 60), "' is ", catalog_.at(seller_).id); });
      }
    }
    given_ = seller_;
    FoundPrice found = walk(model);
    // Applications name an SDK as the provider of whatever speaks its protocol, so it is tried without.
    if (found.why == Why::kUnknown && given_ != kNobody && catalog_.at(given_).id == "openai") {
      say([] { return std::string("OpenAI sells no such model; its SDK speaks to others too: without the provider"); });
      seller_ = given_ = kNobody;
      named_ = {};
      found = walk(model);
    }
    return found;
  }

 private:
  template <typename Text>
  void say(const Text& text) {
    if (steps_ != nullptr) {
      steps_->push_back(text());
    }
  }

  // The name as it is, then without what stands in front of it, a piece at a time.
  FoundPrice walk(std::string_view name) {
    for (int i = 0; i <= kMostPrefixes && !name.empty(); ++i) {
      const std::string_view inner = resource_name(name);
      if (inner.empty()) {
        say([&] {
          return cat("'", printable(name, 80), "' is a resource of somebody's own: what it runs is not told");
        });
        return {.entry = nullptr, .why = Why::kUnknown};
      }
      if (inner.data() != name.data() || inner.size() != name.size()) {
        take_seller_of_resource(name);
        name = inner;
        continue;
      }
      const FoundPrice found = look(name);
      if (found.why != Why::kUnknown) {
        return found;
      }
      const std::string_view rest = without_prefix(name);
      if (rest.size() == name.size()) {
        break;
      }
      name = rest;
    }
    return {};
  }

  void take_seller_of_resource(std::string_view name) {
    const std::string_view id = seller_of_resource(name);
    if (!id.empty() && (seller_ == kNobody || id == "aws")) {
      seller_ = catalog_.provider_of_prefix(id);
    }
    say([&] { return cat("'", printable(name, 80), "' is a resource's name: the model's stands in it"); });
  }

  // What is behind the first '/' (or ':') where a provider stands in front of it; else `name`.
  std::string_view without_prefix(std::string_view name) {
    const std::size_t at = std::min(name.find('/'), name.find(':'));
    if (at == std::string_view::npos || at == 0 || name.starts_with("ft:")) {
      return name;
    }
    const std::string_view head = name.substr(0, at);
    const std::string_view rest = name.substr(at + 1);
    const Provider prefix = catalog_.provider_of_prefix(head);
    if (prefix != kNobody) {
      take_prefix(head, prefix);
      return rest;
    }
    if (name[at] != '/') {
      return name;
    }
    if (is_gateway(head)) {
      say([&] { return cat("'", head, "/' in front is a gateway: left off"); });
      return rest;
    }
    const bool routes = seller_ != kNobody && is_route(catalog_.at(seller_).id, head);
    if (!routes) {
      return name;
    }
    say([&] { return cat("'", head, "/' in front says the way, not the model: left off"); });
    return rest;
  }

  void take_prefix(std::string_view head, Provider prefix) {
    const bool is_sold_by_other = seller_ != kNobody && seller_ != prefix;
    // The provider that the record names may sell what the prefix makes. Any other prefix is the seller itself.
    const bool keeps = is_sold_by_other && catalog_.at(prefix).makes_models && catalog_.at(seller_).id != "openai";
    say([&] {
      return cat("'", printable(head, 60), "' in front is the provider ", catalog_.at(prefix).id,
                 keeps ? cat(", whose model ", catalog_.at(seller_).id, " sells") : std::string(), ": left off");
    });
    seller_ = keeps ? seller_ : prefix;
  }

  // A name without a prefix, in the forms that it may have, the most exact one first.
  FoundPrice look(std::string_view name) {
    if (name.starts_with("ft:")) {
      return look_for_tuned(name);
    }
    FoundPrice found = ask(name, "as it is");
    if (found.why == Why::kUnknown) {
      found = look_for_variant(name);
    }
    if (found.why == Why::kUnknown) {
      found = look_without_version(name);
    }
    return found;
  }

  // "ft:gpt-4o-2024-08-06:org::id": only an entry for fine-tuned models prices it.
  FoundPrice look_for_tuned(std::string_view name) {
    const std::size_t end = name.find(':', 3);
    const std::string_view base = name.substr(0, end);
    const Provider seller = seller_ != kNobody ? seller_ : catalog_.provider_of_prefix("openai");
    const PriceEntry* const entry = catalog_.find(seller, base);
    const bool is_tuned = entry != nullptr && is_tuned_entry(*entry);
    say([&] {
      return cat("'", printable(base, 60), "' is fine-tuned: ",
                 is_tuned ? cat("the list prices it as ", entry->model)
                          : std::string("no list prices that, and the price of what it was made from is another"));
    });
    return is_tuned ? FoundPrice{entry, Why::kFound} : FoundPrice{nullptr, Why::kRefused};
  }

  static bool is_tuned_entry(const PriceEntry& entry) {
    return entry.model.starts_with("ft:") || entry.model.find(".ft-") != std::string::npos;
  }

  // OpenRouter's ":free", ":nitro" …
  FoundPrice look_for_variant(std::string_view name) {
    const std::size_t colon = name.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || (seller_ == kNobody && name.starts_with("openrouter/"))) {
      return {};
    }
    const std::string_view variant = name.substr(colon + 1);
    const std::string_view base = name.substr(0, colon);
    const bool routed = seller_ == kNobody || catalog_.at(seller_).id == "openrouter";
    switch (routed ? variant_of(variant) : RouterVariant::kNone) {
      case RouterVariant::kNone:
        return {};
      case RouterVariant::kFree:
        say([&] { return cat("'", printable(name, 80), "' is not listed, but free by its name"); });
        return {&catalog_.free_entry(), Why::kFound};
      case RouterVariant::kSearches:
        say([&] { return cat("':", variant, "' searches the web for a fee that no list tells"); });
        return {nullptr, Why::kRefused};
      case RouterVariant::kSamePrice:
        break;
      case RouterVariant::kOtherSeller:
        if (!sold_by_its_maker(base)) {
          say([&] { return cat("':", variant, "' chooses among sellers of different prices"); });
          return {nullptr, Why::kRefused};
        }
        break;
    }
    say([&] { return cat("':", variant, "' at the end leaves the price as it is: left off"); });
    FoundPrice found = ask(base, "without it");
    return found.why == Why::kUnknown ? look_without_version(base) : found;
  }

  // ":0" of Bedrock, "@20241022", a region, a date.
  FoundPrice look_without_version(std::string_view name) {
    std::array<char, kMaxModelName> memory;
    const bool on_bedrock = is_bedrock_name(name) || (seller_ != kNobody && catalog_.at(seller_).id == "aws");
    FoundPrice found;
    if (on_bedrock) {
      found = look_on_bedrock(name);
    }
    if (found.why == Why::kUnknown && seller_ != kNobody && catalog_.at(seller_).id == "fireworks") {
      found = look_on_fireworks(name);
    }
    if (const std::size_t at = name.find('@'); found.why == Why::kUnknown && at != std::string_view::npos) {
      const std::string_view version = name.substr(at + 1);
      if (is_date(version)) {
        std::copy(name.begin(), name.end(), memory.begin());
        memory[at] = '-';
        found = ask({memory.data(), name.size()}, "with its date as '-'");
      }
      if (found.why == Why::kUnknown && (is_date(version) || version == "default")) {
        found = ask(name.substr(0, at), "without what is behind '@'");
      }
    }
    if (found.why == Why::kUnknown) {
      if (const std::string_view base = without_date(name); base.size() < name.size()) {
        found = ask(base, "without the date at its end");
      }
    }
    return found;
  }

  // Fireworks lists its models under their whole path.
  FoundPrice look_on_fireworks(std::string_view name) {
    constexpr std::string_view kPath = "accounts/fireworks/models/";
    std::array<char, kMaxModelName> memory;
    if (name.find('/') != std::string_view::npos || kPath.size() + name.size() > memory.size()) {
      return {};
    }
    std::copy(kPath.begin(), kPath.end(), memory.begin());
    std::copy(name.begin(), name.end(), memory.begin() + kPath.size());
    return ask({memory.data(), kPath.size() + name.size()}, "under its whole path");
  }

  FoundPrice look_on_bedrock(std::string_view name) {
    const std::string_view unversioned = without_bedrock_version(name);
    FoundPrice found;
    if (unversioned.size() < name.size()) {
      found = ask(unversioned, "without its version");
    }
    // A profile of a continent costs what the region's model does; one that is global need not.
    const std::string_view local = without_bedrock_region(unversioned);
    if (found.why == Why::kUnknown && local.size() < unversioned.size()) {
      found = ask(local, "without its region");
    }
    return found;
  }

  [[nodiscard]] static bool sold_by_its_maker(std::string_view name) {
    for (const std::string_view maker : {"openai/", "anthropic/", "google/gemini", "x-ai/", "cohere/", "perplexity/"}) {
      if (name.starts_with(maker)) {
        return !name.starts_with("openai/gpt-oss");
      }
    }
    return false;
  }

  FoundPrice ask(std::string_view name, std::string_view how) {
    const PriceEntry* entry = ask_own(name);
    if (entry == nullptr) {
      entry = seller_ != kNobody ? catalog_.find(seller_, name) : ask_anybody(name);
    }
    if (entry != nullptr && entry->provider == "ollama" && name.ends_with("cloud")) {  // runs at Ollama's
      entry = nullptr;
    }
    // A pattern that fits anything with the word in it would price what was made from the model like the model.
    if (entry != nullptr && is_tuned_entry(*entry) && name.find("ft") == std::string_view::npos) {
      entry = nullptr;
    }
    say([&] {
      const std::string seller = seller_ != kNobody ? catalog_.at(seller_).id : std::string("anybody");
      return cat("'", printable(name, 80), "' (", how, ") of ", seller, ": ",
                 entry != nullptr
                     ? cat("found, as ", entry->provider, entry->provider.empty() ? "" : "'s ", entry->model)
                     : std::string("not listed"));
    });
    return entry != nullptr ? FoundPrice{entry, Why::kFound} : FoundPrice{};
  }

  // What the operator lists by name alone goes before everything, as PROVIDER/MODEL and as MODEL.
  const PriceEntry* ask_own(std::string_view name) {
    if (catalog_.at(PriceCatalog::kAnybody).entries.empty()) {
      return nullptr;
    }
    const std::string_view seller = !named_.empty()      ? named_
                                    : seller_ != kNobody ? catalog_.at(seller_).id
                                                         : std::string_view();
    std::array<char, 2 * kMaxModelName> memory;
    if (!seller.empty() && seller.size() + 1 + name.size() <= memory.size()) {
      std::memcpy(memory.data(), seller.data(), seller.size());
      memory[seller.size()] = '/';
      std::memcpy(memory.data() + seller.size() + 1, name.data(), name.size());
      const PriceEntry* const entry =
          catalog_.find(PriceCatalog::kAnybody, {memory.data(), seller.size() + 1 + name.size()});
      if (entry != nullptr) {
        return entry;
      }
    }
    return catalog_.find(PriceCatalog::kAnybody, name);
  }

  // No provider is named: the name itself tells, or all who sell it agree.
  const PriceEntry* ask_anybody(std::string_view name) {
    const Provider maker = is_bedrock_name(name) ? catalog_.provider_of_prefix("aws") : catalog_.maker_of(name);
    const std::size_t slash = name.find('/');
    // "google/gemini-2.5-pro" is a name of OpenRouter's, and of Google's model: the prefix decides, not a pattern that
    // fits it as a whole.
    const bool has_prefix =
        slash != std::string_view::npos && catalog_.provider_of_prefix(name.substr(0, slash)) != kNobody;
    const PriceEntry* entry = has_prefix ? nullptr : catalog_.find(maker, name);
    return entry != nullptr || has_prefix ? entry : catalog_.find_anywhere(name);
  }

  const PriceCatalog& catalog_;
  PriceSteps* const steps_;
  std::string_view named_;     // the provider as the record writes it
  Provider given_ = kNobody;   // the one that the record names
  Provider seller_ = kNobody;  // who is asked
};

// In small letters, without white space around it; cut where it is longer than any name.
std::string_view lowered(std::string_view text, std::array<char, kMaxModelName>& memory) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  if (text.size() > memory.size()) {
    return {};
  }
  std::transform(text.begin(), text.end(), memory.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return {memory.data(), text.size()};
}

}  // namespace

FoundPrice ModelNames::find(std::string_view provider, std::string_view model, PriceSteps* steps) const {
  std::array<char, kMaxModelName> provider_memory;
  std::array<char, kMaxModelName> model_memory;
  const std::string_view lower_model = lowered(model, model_memory);
  if (lower_model.empty()) {
    return {};
  }
  return Search(catalog_, steps).run(lowered(provider, provider_memory), lower_model);
}

FoundPrice ModelNames::find(const ModelReference& reference, PriceSteps* steps) const {
  const std::string_view answer = reference.answer_model;
  const FoundPrice named = find(reference.provider, reference.model, steps);
  if (answer.empty() || answer == reference.model || named.why == Why::kRefused) {
    return named;
  }
  if (named.why == Why::kFound) {
    std::array<char, kMaxModelName> model_memory;
    std::array<char, kMaxModelName> answer_memory;
    const std::string_view model = lowered(reference.model, model_memory);
    const std::string_view answered = lowered(answer, answer_memory);
    if (same_model(model, answered) && !is_more_exact(answered, model)) {
      return named;
    }
  }
  if (steps != nullptr) {
    steps->push_back(cat("the answer names '", printable(answer, 80), "'"));
  }
  // Another model, or one that its date tells apart: of the same seller.
  const bool by_entry = named.why == Why::kFound && reference.provider.empty();
  const std::string_view seller = by_entry ? std::string_view(named.entry->provider) : reference.provider;
  const FoundPrice by_answer = find(seller, answer, steps);
  return by_answer.why == Why::kUnknown ? named : by_answer;
}

}  // namespace respand::record
