#include "record/payload_redactor.h"

#include <algorithm>
#include <bit>

#include "record/decode.h"
#include "record/extract.h"
#include "record/member_value.h"
#include "respand/json/members.h"
#include "respand/json/scan.h"
#include "respand/json/text.h"

namespace respand::record {
namespace {

constexpr std::string_view kMaskedText = R"("[redacted]")";

}  // namespace

RuleIndex first_rule(Pointers::Set rules) { return static_cast<RuleIndex>(std::countr_zero(rules)); }

// The masks come in the order of the fields, not of their places in the record.
void PayloadRedactor::redact(const Rules::Compiled& rules, const RecordFields& record_fields, SdkPayload& payload,
                             EditList& edits) {
  pointers_ = &rules.pointers;
  edits_ = &edits;
  const std::size_t sorted = edits.size();
  mask_fields(record_fields, payload);
  if (edits.size() > sorted) {
    edits.sort_added(sorted);
  }
}

PayloadRedactor::Set PayloadRedactor::ends(Set active, std::size_t steps) const {
  return active != 0 ? active & pointers_->ends(steps) : 0;
}

void PayloadRedactor::mask_whole(std::string_view value, Set matched) {
  if (edits_->in_record(value)) {
    edits_->mask_value(static_cast<std::size_t>(value.data() - edits_->record().data()), value.size(),
                       first_rule(matched));
  }
}

void PayloadRedactor::mask_source(std::string_view value, Set active, std::size_t steps) {
  if (active != 0 && edits_->in_record(value)) {
    mask_beneath(value.data(), active, steps);
  }
}

// Recurses as deep as the longest pointer, however deep the value is.
const char* PayloadRedactor::mask_beneath(const char* at, Set active, std::size_t steps) {
  const char* const last = edits_->record().data() + edits_->record().size();
  if (const Set matched = ends(active, steps); matched != 0) {
    const char* const end = json::value_end(at, last);
    mask_whole({at, static_cast<std::size_t>(end - at)}, matched);
    return end;
  }
  if (active == 0 || (*at != '{' && *at != '[')) {
    return json::value_end(at, last);
  }
  if (*at == '[') {
    return mask_elements(at, active, steps, 0);
  }
  for (at = json::skip_space(at + 1); *at != '}'; at = json::skip_space(at + (*at == ',' ? 1 : 0))) {
    const json::Token quote = json::scan_string(at + 1, last);
    std::string_view name(at + 1, static_cast<std::size_t>(quote.end - at - 1));
    if (quote.escaped) {
      plain_.clear();
      json::unescape(name, plain_);
      name = plain_;
    }
    const Set next = pointers_->member(active, steps, name);
    const char* const colon = json::skip_space(quote.end + 1);
    at = json::skip_space(mask_beneath(json::skip_space(colon + 1), next, steps + 1));
  }
  return at + 1;
}

// The elements of a list, as if the first one were the element `index`.
const char* PayloadRedactor::mask_elements(const char* at, Set active, std::size_t steps, std::uint64_t index) {
  for (at = json::skip_space(at + 1); *at != ']'; at = json::skip_space(at + (*at == ',' ? 1 : 0))) {
    at = json::skip_space(mask_beneath(at, pointers_->element(active, steps, index++), steps + 1));
  }
  return at + 1;
}

void PayloadRedactor::mask_prompt(SdkPayload& payload) {
  const Pointers& pointers = *pointers_;
  const Set active = pointers.member(pointers.all(), 0, "prompt_messages");
  std::string_view& list = payload.messages.starts_with('[') ? payload.messages : payload.input;
  if (const Set whole = ends(active, 1); whole != 0) {
    mask_whole(payload.system, whole);
    mask_whole(list, whole);
    payload.system = {};
    payload.messages = "[]";
    return;
  }
  // A message that is made of one value.
  const auto message = [&](std::uint64_t index, std::string_view content) {
    const Set here = pointers.element(active, 1, index);
    if (const Set whole = ends(here, 2); whole != 0) {
      mask_whole(content, whole);
    } else {
      mask_source(content, pointers.member(here, 2, "content"), 3);
    }
  };
  const bool system = is_given(payload.system);
  if (system) {
    message(0, payload.system);
  }
  if (!list.starts_with('[')) {
    message(system ? 1 : 0, list);
  } else if (active != 0 && edits_->in_record(list)) {
    mask_elements(list.data(), active, 1, system ? 1 : 0);
  }
}

void PayloadRedactor::mask_completion(SdkPayload& payload) {
  const Pointers& pointers = *pointers_;
  const Set active = pointers.member(pointers.all(), 0, "completion_message");
  if (!payload.message.empty()) {
    return mask_source(payload.message, active, 1);
  }
  const Set whole = ends(active, 1);
  const Set content = whole != 0 ? whole : ends(pointers.member(active, 1, "content"), 2);
  if (content == 0) {
    return;
  }
  mask_whole(payload.choice_text, content);
  for (const std::string_view text : payload.texts) {
    mask_whole(text, content);
  }
  if (whole != 0) {
    payload.message = "{}";
  } else {
    payload.choice_text = kMaskedText;
  }
}

void PayloadRedactor::mask_tool_calls(SdkPayload& payload) {
  const Pointers& pointers = *pointers_;
  const Set active = pointers.member(pointers.all(), 0, "tool_calls");
  if (payload.choice_calls.starts_with('[')) {
    return mask_source(payload.choice_calls, active, 1);
  }
  const Set all = ends(active, 1);
  std::uint64_t index = 0;
  for (const SdkPayload::ToolCall& call : payload.calls) {
    const Set here = pointers.element(active, 1, index++);
    const Set function = pointers.member(here, 2, "function");
    const Set whole = all != 0 ? all : ends(here, 2);
    const auto part = [&](std::string_view value, Set around, Set matched) {
      if (const Set by = whole != 0 ? whole : around != 0 ? around : matched; by != 0) {
        mask_whole(value, by);
      }
    };
    const Set inside = ends(function, 3);
    part(call.id, 0, ends(pointers.member(here, 2, "id"), 3));
    part(call.name, inside, ends(pointers.member(function, 3, "name"), 4));
    part(call.arguments, inside, ends(pointers.member(function, 3, "arguments"), 4));
  }
  if (all != 0) {
    payload.choice_calls = "[]";
  }
}

void PayloadRedactor::mask_tools(SdkPayload& payload) {
  const Pointers& pointers = *pointers_;
  const Set active = pointers.member(pointers.all(), 0, "tools");
  const bool as_they_are = std::any_of(payload.tool_list.begin(), payload.tool_list.end(),
                                       [](const SdkPayload::Tool& tool) { return !tool.function.empty(); });
  if (as_they_are || ends(active, 1) != 0) {
    mask_source(payload.tools, active, 1);
    if (ends(active, 1) != 0) {
      payload.tool_list.clear();  // none is left of the copy either
    }
    return;
  }
  std::uint64_t index = 0;
  for (const SdkPayload::Tool& tool : payload.tool_list) {
    const Set here = pointers.element(active, 1, index++);
    const Set function = pointers.member(here, 2, "function");
    const Set whole = ends(here, 2) != 0 ? ends(here, 2) : ends(function, 3);
    const auto part = [&](std::string_view value, std::string_view name) {
      if (whole != 0) {
        mask_whole(value, whole);
      } else {
        mask_source(value, pointers.member(function, 3, name), 4);
      }
    };
    part(tool.name, "name");
    part(tool.description, "description");
    part(tool.parameters, "parameters");
  }
}

void PayloadRedactor::mask_fields(const RecordFields& record_fields, SdkPayload& payload) {
  const Pointers& pointers = *pointers_;
  const Extraction extraction = extractable(record_fields);
  const auto field = [&](bool wanted, std::string_view name, std::string_view value) {
    if (wanted) {
      mask_source(value, pointers.member(pointers.all(), 0, name), 1);
    }
  };
  field(extraction.model, "model", payload.model);
  field(extraction.model, "model", payload.request_model);
  if (extraction.prompt) {
    mask_prompt(payload);
  }
  if (extraction.completion) {
    mask_completion(payload);
  }
  if (extraction.tool_calls) {
    mask_tool_calls(payload);
  }
  field(extraction.usage, "usage", payload.usage);
  if (extraction.tools) {
    mask_tools(payload);
  }
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    field((extraction.parameters >> i & 1) != 0, kParameters[i].name, payload.parameters[i]);
  }
  field(extraction.error_message, "error_message",
        payload.error.starts_with('"') ? payload.error : payload.error_message);
  field(extraction.status_code, "status_code", payload.error_code);
  if (extraction.status && ends(pointers.member(pointers.all(), 0, "status"), 1) != 0) {
    payload.status = kMaskedText;
  }
}

}  // namespace respand::record
