#pragma once
// What an application hands over as its SDK gave it: `full_request` and `full_response`, or `request` and `response`,
// in the shape of OpenAI's chat completions or responses, or of Anthropic's messages. Private to the module.

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "respand/record/check.h"

namespace respand::record {

// Values as written, quotes included, empty where missing; they hold as long as the Facts that point here.
struct RawCall {
  // Texts and tool calls that there is memory for without asking for it; what a larger answer needed is given back.
  static constexpr std::size_t kKeptParts = 1024;
  struct ToolCall {
    std::string_view id;
    std::string_view name;
    std::string_view arguments;  // a string, or an object
  };

  std::string_view request_model;
  std::string_view messages;
  std::string_view input;   // of the request for a response: text or a list
  std::string_view system;  // Anthropic's `system`, OpenAI's `instructions`
  std::string_view model;
  std::string_view usage;
  std::string_view message;      // of the first choice
  std::string_view choice_text;  // of the first choice, where it has no message
  std::string_view choice_calls;
  std::string_view error;  // text or an object
  std::string_view error_message;
  std::string_view error_code;
  std::string_view status;  // what is put for an answer with an error
  Counts counts;
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
void for_each_raw_view(RawCall& raw, const Visit& visit) {
  for (const auto view : {&RawCall::request_model, &RawCall::messages, &RawCall::input, &RawCall::system,
                          &RawCall::model, &RawCall::usage, &RawCall::message, &RawCall::choice_text,
                          &RawCall::choice_calls, &RawCall::error, &RawCall::error_message, &RawCall::error_code}) {
    visit(raw.*view);
  }
  for (std::string_view& value : raw.counts.values) {
    visit(value);
  }
  for (std::string_view& text : raw.texts) {
    visit(text);
  }
  for (RawCall::ToolCall& call : raw.calls) {
    visit(call.id);
    visit(call.name);
    visit(call.arguments);
  }
}

}  // namespace respand::record
