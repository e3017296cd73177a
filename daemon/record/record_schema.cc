#include "respand/record/record_schema.h"

#include <algorithm>
#include <map>
#include <vector>

#include "record/record_fields.h"
#include "record/sdk_payload.h"
#include "record/usage_names.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/record/prices.h"
#include "respand/record/usage_counts.h"

namespace respand::record {
namespace {

struct NodeName {
  UsageNode node;
  std::string_view name;
};
// Those that are definitions of the schema. The record's own members stand at its root.
constexpr std::array kNodeNames{
    NodeName{UsageNode::kAnswer, "answer"},
    NodeName{UsageNode::kMessage, "message"},
    NodeName{UsageNode::kUsage, "usage"},
    NodeName{UsageNode::kInputDetails, "input_details"},
    NodeName{UsageNode::kCachedDetails, "cached_details"},
    NodeName{UsageNode::kOutputDetails, "output_details"},
    NodeName{UsageNode::kToolDetails, "tool_details"},
    NodeName{UsageNode::kCacheSplit, "cache_split"},
    NodeName{UsageNode::kServerTools, "server_tools"},
    NodeName{UsageNode::kBilled, "cohere_billed_units"},
    NodeName{UsageNode::kCohereTokens, "cohere_tokens"},
    NodeName{UsageNode::kCohereMeta, "cohere_meta"},
    NodeName{UsageNode::kMetrics, "metrics"},
    NodeName{UsageNode::kBill, "bill"},
    NodeName{UsageNode::kUpstream, "upstream_bill"},
    NodeName{UsageNode::kHidden, "litellm_hidden_params"},
    NodeName{UsageNode::kSdks, "provider_metadata"},
    NodeName{UsageNode::kSdk, "provider_metadata_of_one"},
};
static_assert(kNodeNames.size() + 2 == static_cast<std::size_t>(UsageNode::kSdk) + 1);

std::string reference_to(UsageNode node) {
  const auto* const found =
      std::find_if(kNodeNames.begin(), kNodeNames.end(), [node](const NodeName& each) { return each.node == node; });
  return cat(R"({"$ref":"#/definitions/)", found->name, R"("})");
}

// The members with a comma behind them, for further ones to follow; empty where there are none.
std::string described(std::string_view about) {
  if (about.empty()) {
    return {};
  }
  std::string out = R"("description":)";
  json::put_string(out, about);
  return out + ",";
}

constexpr std::string_view kCountForm = R"("$ref":"#/definitions/count")";
// A number, or the text of one; what is neither is not taken into account.
constexpr std::string_view kSaid = R"("type":["number","string","null"])";
constexpr std::string_view kWord = R"("type":["string","null"])";

std::string form_of(Shape shape) {
  switch (shape) {
    case Shape::kText:
      return std::string(kWord);
    case Shape::kTime:
      return std::string(kSaid);
    case Shape::kAmount:
      return R"("type":["number","null"],"minimum":0,"maximum":999999999999999999)";
    case Shape::kUnitPrice:
      return cat(R"("type":["number","null"],"minimum":0,"not":{"type":"number","minimum":)", kMaxPrice, "}");
    case Shape::kSeconds:
      return cat(R"("type":["number","null"],"minimum":0,"maximum":)",
                 std::chrono::duration_cast<std::chrono::seconds>(Duration::max()).count());
    case Shape::kNumber:
      return R"("type":["number","null"])";
    case Shape::kUsage:
      return cat(R"("type":["object","string","null"],"allOf":[)", reference_to(UsageNode::kUsage), "]");
    case Shape::kParams:
      return cat(R"("properties":{"customer_identifier":{)", kWord, "}}");
    case Shape::kRequest:
      return R"("type":["object","string","null"])";
    case Shape::kAnswer:
      return cat(R"("allOf":[)", reference_to(UsageNode::kAnswer), "]");
    case Shape::kAny:
      break;
  }
  return R"("type":["object","array","string","number","boolean","null"])";
}

std::string form_of(const UsageName& line) {
  switch (line.action) {
    case UsageAction::kCount:
      // Langfuse's input may be the prompt itself.
      return line.count == Count::kPlainInput ? "{}" : cat("{", kCountForm, "}");
    case UsageAction::kLocalPrompt:
    case UsageAction::kLocalAnswer:
      return cat("{", kCountForm, "}");
    case UsageAction::kEnter:
      return reference_to(line.node);
    case UsageAction::kKnown:
      return "{}";
    case UsageAction::kBill:
    case UsageAction::kBillTicks:
    case UsageAction::kUpstreamBill:
    case UsageAction::kGatewayBill:
    case UsageAction::kMilliseconds:
    case UsageAction::kNanoseconds:
      return cat("{", kSaid, "}");
    case UsageAction::kOwnKey:
      return R"({"type":["boolean","null"]})";
    case UsageAction::kTier:
    case UsageAction::kTraffic:
    case UsageAction::kGeography:
    case UsageAction::kModel:
      return cat("{", kWord, "}");
    case UsageAction::kIterations:
      return cat(R"({"type":["array","null"],"items":)", reference_to(UsageNode::kUsage), "}");
  }
  return "{}";
}

// A name may be a number with one provider and an object with another.
std::string form_of(const std::vector<const UsageName*>& lines) {
  if (lines.size() == 1) {
    return form_of(*lines.front());
  }
  std::string out;
  for (const UsageName* const line : lines) {
    const std::string type =
        line->action == UsageAction::kEnter ? R"({"type":"object"})" : R"({"not":{"type":"object"}})";
    out += cat(out.empty() ? R"({"anyOf":[)" : ",", R"({"allOf":[)", type, ",", form_of(*line), "]}");
  }
  return out + "]}";
}

using Members = std::map<std::string, std::string, std::less<>>;  // name to form

// Adds each name in all its spellings. A name that is there already keeps its form.
void add_usage_names(UsageNode node, Members& members) {
  std::map<std::string_view, std::vector<const UsageName*>> names;
  for (const UsageName& line : kUsageNames) {
    if ((line.in & bit(node)) != 0) {
      names[line.name].push_back(&line);
    }
  }
  for (const auto& [name, lines] : names) {
    const std::string form = form_of(lines);
    const auto add = [&members, &name = name, &form](bool camel, bool upper) {
      std::string spelled(name.size(), ' ');
      spelled.resize(spell(name, camel, upper, spelled.data()));
      members.emplace(std::move(spelled), form);
    };
    add(false, false);
    if (is_camel_known(name)) {
      add(true, false);
    }
    if (is_pascal_known(name, bit(node))) {
      add(true, true);
    }
  }
}

std::string properties(const Members& members) {
  std::string out = R"("properties":{)";
  for (const auto& [name, form] : members) {
    out += out.back() == '{' ? "\n" : ",\n";
    json::put_string(out, name);
    out += cat(":", form);
  }
  return out + "}";
}

// Lists of Gemini's: what is counted by its modality.
constexpr std::string_view kModalities =
    R"("items":{"properties":{"modality":{},"tokenCount":{"$ref":"#/definitions/count"},"token_count":{"$ref":"#/definitions/count"}}})";

bool may_be_list(UsageNode node) {
  return node == UsageNode::kInputDetails || node == UsageNode::kCachedDetails || node == UsageNode::kOutputDetails ||
         node == UsageNode::kToolDetails || node == UsageNode::kServerTools || node == UsageNode::kBilled;
}

std::string definition_of(UsageNode node) {
  if (node == UsageNode::kSdks) {  // by the SDK's name for a provider
    return cat(R"({"additionalProperties":)", reference_to(UsageNode::kSdk), "}");
  }
  Members members;
  add_usage_names(node, members);
  if (node == UsageNode::kAnswer) {
    members.insert_or_assign("usage", cat("{", form_of(Shape::kUsage), "}"));
  }
  return cat("{", properties(members), may_be_list(node) ? cat(",", kModalities) : std::string(), "}");
}

Members root() {
  Members members;
  const auto add = [&members](std::string_view name, Shape shape, std::string_view about) {
    members.emplace(name, cat("{", described(about), form_of(shape), "}"));
  };
  for (const RecordField& field : kRecordFields) {
    add(field.name, field.shape, field.about);
  }
  for (const RawName& name : kRawNames) {
    add(name.name, name.shape, name.about);
  }
  for (const Parameter& parameter : kParameters) {
    add(parameter.name, Shape::kAny, "A parameter of the request, which is not taken from it where it is here");
  }
  add_usage_names(UsageNode::kRecord, members);
  return members;
}

}  // namespace

std::string record_schema() {
  std::string out = R"({"$schema":"http://json-schema.org/draft-07/schema#","title":"A record, as respand reads it",)";
  out += described(
      "What respand reads of a record of a completion. It may hold any other field, which arrives as it was written; a "
      "value of a wrong type is passed on too, and counted in respand_figures_missing_total");
  out += cat(R"("type":"object",)", properties(root()), ",\n", R"("definitions":{)", "\n", R"("count":{)",
             described("A whole number of tokens"), R"("type":["number","null"],"minimum":0,"multipleOf":1,"maximum":)",
             kMaxUsage, "}");
  for (const NodeName& node : kNodeNames) {
    out += cat(",\n\"", node.name, "\":", definition_of(node.node));
  }
  return out + "}}\n";
}

}  // namespace respand::record
