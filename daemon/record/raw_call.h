#pragma once
// What an application hands over as its SDK gave it: `full_request` and `full_response`, or `request` and `response`,
// in the shape of OpenAI's chat completions or responses, or of Anthropic's messages. Private to the module.

#include <array>
#include <cstddef>
#include <string_view>

#include "respand/record/check.h"

namespace respand::record {

// Values as written, quotes included, empty where missing; they hold as long as the Facts that point here.
struct RawCall {
  // Texts and tool calls of one answer; one with more is left as it is.
  static constexpr std::size_t kMostParts = 32;
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
  Counts counts;
  std::array<std::string_view, kMostParts> texts;
  std::size_t text_count = 0;
  std::array<ToolCall, kMostParts> calls;
  std::size_t call_count = 0;
  std::size_t choices = 0;
  bool too_many = false;
  bool full_request = false;   // the request is full_request: `request` does not count
  bool full_response = false;  // likewise

  void forget_request();
  void forget_response();
  void add_text(std::string_view text);
  void add_call(const ToolCall& call);
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
  for (std::size_t i = 0; i < raw.text_count; ++i) {
    visit(raw.texts[i]);
  }
  for (std::size_t i = 0; i < raw.call_count; ++i) {
    visit(raw.calls[i].id);
    visit(raw.calls[i].name);
    visit(raw.calls[i].arguments);
  }
}

}  // namespace respand::record
