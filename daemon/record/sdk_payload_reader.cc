#include "record/sdk_payload_reader.h"

#include <array>
#include <cstddef>
#include <iterator>

#include "record/name_table.h"

namespace respand::record {
namespace {

// Parameters by a request's names: two providers have names of their own for them.
constexpr std::size_t place_of(std::string_view parameter) {
  std::size_t place = 0;
  while (kParameters[place].name != parameter) {
    ++place;
  }
  return place;
}
constexpr std::size_t kMaxTokens = place_of("max_tokens");
constexpr std::size_t kStop = place_of("stop");
constexpr NameTable kRequestTable([] {
  std::array<std::string_view, kParameterCount + 2> names;
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    names[i] = kParameters[i].name;
  }
  names[kParameterCount] = "max_output_tokens";
  names[kParameterCount + 1] = "stop_sequences";
  return names;
}());

bool is_string(std::string_view value) { return value.starts_with('"'); }

// The field is emptied first, so that an object of a repeated name does not leave the value of the one before in it.
NextValue into(std::string_view& slot, RecordNode inside = RecordNode::kNone) {
  slot = {};
  return {.slot = &slot, .inside = inside};
}

}  // namespace

void SdkPayloadReader::forget() {
  payload_.full_request = payload_.full_response = false;
  payload_.forget_request();
  payload_.forget_response();
}

NextValue SdkPayloadReader::request(bool full) {
  if (payload_.full_request && !full) {
    return {};
  }
  payload_.full_request = full;
  payload_.forget_request();
  return {.inside = RecordNode::kRequest};
}

NextValue SdkPayloadReader::response(bool full) {
  if (payload_.full_response && !full) {
    return {};
  }
  payload_.full_response = full;
  payload_.forget_response();
  return {.slot = &payload_.response, .inside = RecordNode::kResponse};
}

NextValue SdkPayloadReader::member(RecordNode node, std::string_view key) {
  switch (node) {
    case RecordNode::kRequest:
      return request_member(key);
    case RecordNode::kResponse:
      return response_member(key);
    case RecordNode::kError:
      return key == "message" ? into(payload_.error_message) : key == "code" ? into(payload_.error_code) : NextValue{};
    case RecordNode::kChoice:
      return key == "message" ? into(payload_.message, RecordNode::kMessage)
             : key == "text"  ? into(payload_.choice_text)
                              : NextValue{};
    case RecordNode::kMessage:
      return key == "tool_calls" ? into(payload_.choice_calls) : NextValue{};
    case RecordNode::kOutputItem:
    case RecordNode::kOutputPart:
    case RecordNode::kContentPart:
      return item_member(node, key);
    case RecordNode::kTool:
      return tool_member(key);
    case RecordNode::kNone:
    case RecordNode::kOutside:
    case RecordNode::kRoot:
    case RecordNode::kParams:
    case RecordNode::kChoices:
    case RecordNode::kOutput:
    case RecordNode::kOutputParts:
    case RecordNode::kContent:
    case RecordNode::kTools:
      return {};
  }
  return {};
}

NextValue SdkPayloadReader::request_member(std::string_view key) {
  if (const std::size_t found = kRequestTable.find(key); found != kRequestTable.kNone) {
    return {.slot = &payload_.parameters[found < kParameterCount    ? found
                                         : found == kParameterCount ? kMaxTokens
                                                                    : kStop]};
  }
  if (key == "model") {
    return into(payload_.request_model);
  }
  if (key == "messages") {
    return into(payload_.messages);
  }
  if (key == "input") {
    return into(payload_.input);
  }
  if (key == "system" || key == "instructions") {
    return into(payload_.system);
  }
  return key == "tools" ? into(payload_.tools, RecordNode::kTools) : NextValue{};
}

NextValue SdkPayloadReader::response_member(std::string_view key) {
  if (key == "model") {
    return into(payload_.model);
  }
  if (key == "usage") {
    return into(payload_.usage);
  }
  if (key == "modelVersion" || key == "model_version") {
    return into(payload_.model_version);
  }
  if (key == "error") {
    return into(payload_.error, RecordNode::kError);
  }
  if (key == "choices") {
    return {.inside = RecordNode::kChoices};
  }
  if (key == "output") {
    return {.inside = RecordNode::kOutput};
  }
  if (key == "content") {
    return {.inside = RecordNode::kContent};
  }
  const UsageName* const line = find_noted_name(UsageNode::kAnswer, key);
  return {.slot = line != nullptr ? payload_.usage_fields.note(line) : nullptr};
}

NextValue SdkPayloadReader::item_member(RecordNode node, std::string_view key) {
  const bool is_item = node == RecordNode::kOutputItem;
  Part& part = is_item ? item_ : part_;
  if (key == "type") {
    return into(part.type);
  }
  if (is_item) {
    return key == "call_id"     ? into(part.call.id)
           : key == "name"      ? into(part.call.name)
           : key == "arguments" ? into(part.call.arguments)
           : key == "content"   ? NextValue{.inside = RecordNode::kOutputParts}
                                : NextValue{};
  }
  if (key == "text") {
    return into(part.text);
  }
  if (node == RecordNode::kContentPart) {
    return key == "id"      ? into(part.call.id)
           : key == "name"  ? into(part.call.name)
           : key == "input" ? into(part.call.arguments)
                            : NextValue{};
  }
  return {};
}

NextValue SdkPayloadReader::tool_member(std::string_view key) {
  if (key == "function") {
    return into(tool_.function);
  }
  if (key == "name") {
    return into(tool_.name);
  }
  if (key == "description") {
    return into(tool_.description);
  }
  return key == "parameters" || key == "input_schema" ? into(tool_.parameters) : NextValue{};
}

RecordNode SdkPayloadReader::element_of(RecordNode list) {
  switch (list) {
    case RecordNode::kChoices:  // only the first one is copied
      return payload_.choices++ == 0 ? RecordNode::kChoice : RecordNode::kNone;
    case RecordNode::kTools:
      tool_ = {};
      return RecordNode::kTool;
    case RecordNode::kOutput:
      item_ = {};
      return RecordNode::kOutputItem;
    case RecordNode::kOutputParts:
      part_ = {};
      return RecordNode::kOutputPart;
    case RecordNode::kContent:
      part_ = {};
      return RecordNode::kContentPart;
    default:
      return RecordNode::kNone;
  }
}

void SdkPayloadReader::add_call(const SdkPayload::ToolCall& call) {
  if (is_string(call.id) && is_string(call.name) && (is_string(call.arguments) || call.arguments.starts_with('{'))) {
    payload_.calls.push_back(call);
  }
}

void SdkPayloadReader::leave(RecordNode node) {
  if (node == RecordNode::kTool) {
    payload_.tool_list.push_back(tool_);
  } else if (node == RecordNode::kOutputItem && item_.type == R"("function_call")") {
    add_call(item_.call);
  } else if (node == RecordNode::kContentPart && part_.type == R"("tool_use")") {
    add_call(part_.call);
  } else if (((node == RecordNode::kOutputPart && part_.type == R"("output_text")") ||
              (node == RecordNode::kContentPart && part_.type == R"("text")")) &&
             is_string(part_.text)) {
    payload_.texts.push_back(part_.text);
  }
}

}  // namespace respand::record
