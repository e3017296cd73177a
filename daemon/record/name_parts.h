#pragma once
// The parts of model names: what clouds, gateways and routers put around a model's own name. Each function says one
// fact of a name, and none looks at a list. Requires: small letters. Private to the module; pure, any thread.

#include <cstdint>
#include <string_view>

namespace respand::record {

// The model's name in an ARN or a resource path (arn:aws:bedrock:…, projects/…/publishers/…/models/NAME, models/NAME);
// `name` itself where it is neither; empty where it is one that does not tell the model (a deployment, an endpoint, a
// profile of the customer's own).
[[nodiscard]] std::string_view resource_name(std::string_view name);
// Whose resource it is: "aws", "google" or nobody's (empty).
[[nodiscard]] std::string_view seller_of_resource(std::string_view name);

// "litellm" in "litellm/gpt-4o": passes on what another one sells, at that one's price.
[[nodiscard]] bool is_gateway(std::string_view prefix);
// "converse" and "us-west-2" in "bedrock/converse/…", "bedrock/us-west-2/…": says how the seller is called.
[[nodiscard]] bool is_route(std::string_view seller, std::string_view prefix);

// What stands behind ':' in OpenRouter's names.
enum class RouterVariant : std::uint8_t {
  kNone,
  kFree,         // free
  kSearches,     // online: a search of the web, which costs extra
  kSamePrice,    // thinking, beta
  kOtherSeller,  // nitro, floor, exacto: whom it is bought from
};
[[nodiscard]] RouterVariant variant_of(std::string_view suffix);

// "us.anthropic.claude-…", "amazon.nova-pro-v1:0".
[[nodiscard]] bool is_bedrock_name(std::string_view name);
// Without "-v1:0", ":0" or "-v1:0:200k" at the end.
[[nodiscard]] std::string_view without_bedrock_version(std::string_view name);
// Without "us." in front; with "global.", which is a price of its own.
[[nodiscard]] std::string_view without_bedrock_region(std::string_view name);

// "20241022" or "2024-10-22".
[[nodiscard]] bool is_date(std::string_view text);
// Without "-20241022" or "-2024-10-22" at the end.
[[nodiscard]] std::string_view without_date(std::string_view name);

// Whether two names are of one model, whatever stands around them and whichever date they bear.
[[nodiscard]] bool same_model(std::string_view a, std::string_view b);
// Whether `answered` tells a date that `asked`, a plain name, leaves open.
[[nodiscard]] bool is_more_exact(std::string_view answered, std::string_view asked);

}  // namespace respand::record
