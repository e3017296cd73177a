// FieldExtractor: what of a raw call matters.

#include "record/field_extractor.h"
#include "record/name_table.h"
#include "record/record_fields.h"

namespace respand::record {
namespace {

constexpr std::size_t kFirstParameter = std::size(kRawNames);
constexpr NameTable kTable([] {
  std::array<std::string_view, kFirstParameter + kParameterCount> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = i < kFirstParameter ? kRawNames[i].name : kParameters[i - kFirstParameter].name;
  }
  return names;
}());

// The same by a request's names: two providers have names of their own for them.
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

}  // namespace

bool FieldExtractor::raw_field(std::string_view key) {
  const std::size_t found = kTable.find(key);
  if (found == kTable.kNone) {
    return false;
  }
  // A raw call begins with nothing known of it, also of one that a record before this one had.
  const auto begin = [this] {
    if (fields_.raw == nullptr) {
      fields_.raw = &raw_;
      raw_.full_request = raw_.full_response = false;
      raw_.forget_request();
      raw_.forget_response();
    }
  };
  if (found >= kFirstParameter) {
    fields_.has_parameters |= std::uint32_t{1} << (found - kFirstParameter);
    return true;
  }
  const RawField field = kRawNames[found].field;
  switch (field) {
    case RawField::kPrompt:
      fields_.has_prompt = true;
      return true;
    case RawField::kCompletion:
      fields_.has_completion = true;
      return true;
    case RawField::kToolCalls:
      fields_.has_tool_calls = true;
      return true;
    case RawField::kTools:
      fields_.has_tools = true;
      return true;
    case RawField::kRequest:
    case RawField::kFullRequest: {
      begin();
      const bool full = field == RawField::kFullRequest;
      if (full || !raw_.full_request) {
        raw_.full_request = full;
        raw_.forget_request();
        next_ = Node::kRequest;
      }
      return true;
    }
    case RawField::kResponse:
    case RawField::kFullResponse: {
      begin();
      const bool full = field == RawField::kFullResponse;
      if (full || !raw_.full_response) {
        raw_.full_response = full;
        raw_.forget_response();
        next_ = Node::kResponse;
        slot_ = &raw_.response;
      }
      return true;
    }
  }
  return false;
}

void FieldExtractor::raw_key(std::string_view key) {
  const auto at = [&](Node node, std::string_view name, std::string_view& slot, Node inside = Node::kNone) {
    if (node_ == node && key == name) {
      slot = {};
      slot_ = &slot;
      next_ = inside;
    }
  };
  const auto list = [&](Node node, std::string_view name, Node inside) {
    if (node_ == node && key == name) {
      next_ = inside;
    }
  };
  at(Node::kRequest, "model", raw_.request_model);
  at(Node::kRequest, "messages", raw_.messages);
  at(Node::kRequest, "input", raw_.input);
  at(Node::kRequest, "system", raw_.system);
  at(Node::kRequest, "instructions", raw_.system);
  at(Node::kRequest, "tools", raw_.tools, Node::kTools);
  if (node_ == Node::kRequest) {
    if (const std::size_t found = kRequestTable.find(key); found != kRequestTable.kNone) {
      slot_ = &raw_.parameters[found < kParameterCount ? found : found == kParameterCount ? kMaxTokens : kStop];
    }
    return;
  }
  at(Node::kTool, "function", tool_.function);
  at(Node::kTool, "name", tool_.name);
  at(Node::kTool, "description", tool_.description);
  at(Node::kTool, "parameters", tool_.parameters);
  at(Node::kTool, "input_schema", tool_.parameters);
  at(Node::kResponse, "model", raw_.model);
  at(Node::kResponse, "usage", raw_.usage);
  at(Node::kResponse, "modelVersion", raw_.model_version);
  at(Node::kResponse, "model_version", raw_.model_version);
  at(Node::kResponse, "error", raw_.error, Node::kError);
  at(Node::kError, "message", raw_.error_message);
  at(Node::kError, "code", raw_.error_code);
  list(Node::kResponse, "choices", Node::kChoices);
  list(Node::kResponse, "output", Node::kOutput);
  list(Node::kResponse, "content", Node::kContent);
  at(Node::kChoice, "message", raw_.message, Node::kMessage);
  at(Node::kChoice, "text", raw_.choice_text);
  at(Node::kMessage, "tool_calls", raw_.choice_calls);
  at(Node::kOutputItem, "type", item_.type);
  at(Node::kOutputItem, "call_id", item_.call.id);
  at(Node::kOutputItem, "name", item_.call.name);
  at(Node::kOutputItem, "arguments", item_.call.arguments);
  list(Node::kOutputItem, "content", Node::kOutputParts);
  at(Node::kOutputPart, "type", part_.type);
  at(Node::kOutputPart, "text", part_.text);
  at(Node::kContentPart, "type", part_.type);
  at(Node::kContentPart, "text", part_.text);
  at(Node::kContentPart, "id", part_.call.id);
  at(Node::kContentPart, "name", part_.call.name);
  at(Node::kContentPart, "input", part_.call.arguments);
  if (node_ == Node::kResponse && slot_ == nullptr && next_ == Node::kNone) {
    if (const UsageName* const line = find_noted_name(UsageNode::kAnswer, key)) {
      slot_ = raw_.usage_fields.note(line);
    }
  }
}

FieldExtractor::Node FieldExtractor::element_of(Node list) {
  switch (list) {
    case Node::kChoices:
      return raw_.choices++ == 0 ? Node::kChoice : Node::kNone;
    case Node::kTools:
      tool_ = {};
      return Node::kTool;
    case Node::kOutput:
      item_ = {};
      return Node::kOutputItem;
    case Node::kOutputParts:
      part_ = {};
      return Node::kOutputPart;
    case Node::kContent:
      part_ = {};
      return Node::kContentPart;
    default:
      return Node::kNone;
  }
}

void FieldExtractor::leave(Node node) {
  const auto is_text = [](std::string_view value) { return value.starts_with('"'); };
  const auto call = [&](const SdkPayload::ToolCall& made) {
    if (is_text(made.id) && is_text(made.name) && (is_text(made.arguments) || made.arguments.starts_with('{'))) {
      raw_.calls.push_back(made);
    }
  };
  if (node == Node::kTool) {
    raw_.tool_list.push_back(tool_);
  } else if (node == Node::kOutputItem && item_.type == R"("function_call")") {
    call(item_.call);
  } else if (node == Node::kContentPart && part_.type == R"("tool_use")") {
    call(part_.call);
  } else if (((node == Node::kOutputPart && part_.type == R"("output_text")") ||
              (node == Node::kContentPart && part_.type == R"("text")")) &&
             is_text(part_.text)) {
    raw_.texts.push_back(part_.text);
  }
}

}  // namespace respand::record
