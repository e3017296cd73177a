#pragma once
// What an application hands over as its SDK gave it: `full_request` and `full_response`, or `request` and `response`,
// in the shape of OpenAI's chat completions or responses, or of Anthropic's messages. Private to the module.

#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "record/usage_fields.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// Fields of the log that are copied from a request, and which of a value's first bytes they may have: the API may drop
// a log for a field of another type.
struct Parameter {
  std::string_view name;
  std::string_view first;
};
inline constexpr std::string_view kNumbers = "-0123456789";
inline constexpr Parameter kParameters[] = {{"temperature", kNumbers},
                                            {"top_p", kNumbers},
                                            {"max_tokens", kNumbers},
                                            {"frequency_penalty", kNumbers},
                                            {"presence_penalty", kNumbers},
                                            {"max_completion_tokens", kNumbers},
                                            {"top_logprobs", kNumbers},
                                            {"n", kNumbers},
                                            {"stop", "\"["},
                                            {"stream", "tf"},
                                            {"logprobs", "tf"},
                                            {"parallel_tool_calls", "tf"},
                                            {"reasoning_effort", "\""},
                                            {"response_format", "{"},
                                            {"tool_choice", "\"{"},
                                            {"logit_bias", "{"},
                                            {"thinking", "{"}};
inline constexpr std::size_t kParameterCount = std::size(kParameters);

// Values as written, quotes included, empty where missing; they hold as long as the RecordFields that point here.
struct SdkPayload {
  // Texts and tool calls that there is memory for without asking for it; what a larger answer needed is given back.
  static constexpr std::size_t kKeptParts = 1024;
  struct ToolCall {
    std::string_view id;
    std::string_view name;
    std::string_view arguments;  // a string, or an object
  };

  // One of OpenAI's chat completions has a function; others have what is in it.
  struct Tool {
    std::string_view function;
    std::string_view name;
    std::string_view description;
    std::string_view parameters;
  };

  std::string_view request_model;
  std::string_view messages;
  std::string_view input;   // of the request for a response: text or a list
  std::string_view system;  // Anthropic's `system`, OpenAI's `instructions`
  std::array<std::string_view, kParameterCount> parameters;
  std::string_view tools;
  std::vector<Tool> tool_list;
  std::string_view model;
  std::string_view usage;
  std::string_view message;      // of the first choice
  std::string_view choice_text;  // of the first choice, where it has no message
  std::string_view choice_calls;
  std::string_view error;  // text or an object
  std::string_view error_message;
  std::string_view error_code;
  std::string_view status;         // what is put for an answer with an error
  std::string_view model_version;  // Gemini's name for it
  std::string_view response;       // all of it: it may be the text of an answer
  UsageFields usage_fields;
  std::vector<std::string_view> texts;
  std::vector<ToolCall> calls;
  std::size_t choices = 0;
  bool full_request = false;   // the request is full_request: `request` does not count
  bool full_response = false;  // likewise

  void forget_request();
  void forget_response();
};

// Calls `visit(view)` for each view.
template <typename Visit>
void for_each_raw_view(SdkPayload& raw, const Visit& visit) {
  for (const auto view : {&SdkPayload::request_model, &SdkPayload::messages, &SdkPayload::input, &SdkPayload::system,
                          &SdkPayload::model, &SdkPayload::model_version, &SdkPayload::response, &SdkPayload::usage,
                          &SdkPayload::message, &SdkPayload::choice_text, &SdkPayload::choice_calls, &SdkPayload::tools,
                          &SdkPayload::error, &SdkPayload::error_message, &SdkPayload::error_code}) {
    visit(raw.*view);
  }
  for (std::size_t i = 0; i < raw.usage_fields.count; ++i) {
    visit(raw.usage_fields.fields[i].value);
  }
  for (std::string_view& value : raw.parameters) {
    visit(value);
  }
  for (SdkPayload::Tool& tool : raw.tool_list) {
    visit(tool.function);
    visit(tool.name);
    visit(tool.description);
    visit(tool.parameters);
  }
  for (std::string_view& text : raw.texts) {
    visit(text);
  }
  for (SdkPayload::ToolCall& call : raw.calls) {
    visit(call.id);
    visit(call.name);
    visit(call.arguments);
  }
}

}  // namespace respand::record
