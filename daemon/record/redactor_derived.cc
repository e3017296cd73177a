// Redactor: pointers to fields that are extracted from a raw call, and into them. What such a field will be made of is
// masked where it stands, in the application's own request or answer: the copy is made through the record's edits, and
// a secret masked in one place is left in none.

#include <algorithm>

#include "record/decode.h"
#include "record/extract.h"
#include "record/member_value.h"
#include "record/redactor.h"
#include "respand/json/members.h"
#include "respand/json/scan.h"
#include "respand/json/text.h"

namespace respand::record {
namespace {

constexpr std::string_view kMaskedText = R"("[redacted]")";

}  // namespace

Redactor::Set Redactor::ends(Set active, std::size_t steps) const {
  return active != 0 ? active & rules_->pointers.ends(steps) : 0;
}

void Redactor::mask_whole(std::string_view value, Set matched) {
  if (in_record(value)) {
    mask(static_cast<std::size_t>(value.data() - record_.data()), value.size(), matched);
  }
}

// `active`: pointers whose first `steps` steps lead to where the copy of the value is going to stand.
void Redactor::mask_source(std::string_view value, Set active, std::size_t steps) {
  if (active != 0 && in_record(value)) {
    mask_beneath(value.data(), active, steps);
  }
}

// Returns the value's end. As deep as the longest pointer.
const char* Redactor::mask_beneath(const char* at, Set active, std::size_t steps) {
  const char* const last = record_.data() + record_.size();
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
    const Set next = rules_->pointers.member(active, steps, name);
    const char* const colon = json::skip_space(quote.end + 1);
    at = json::skip_space(mask_beneath(json::skip_space(colon + 1), next, steps + 1));
  }
  return at + 1;
}

// The elements of a list, as if the first one were the element `index`.
const char* Redactor::mask_elements(const char* at, Set active, std::size_t steps, std::uint64_t index) {
  for (at = json::skip_space(at + 1); *at != ']'; at = json::skip_space(at + (*at == ',' ? 1 : 0))) {
    at = json::skip_space(mask_beneath(at, rules_->pointers.element(active, steps, index++), steps + 1));
  }
  return at + 1;
}

void Redactor::mask_prompt(SdkPayload& raw) {
  const Pointers& pointers = rules_->pointers;
  const Set active = pointers.member(pointers.all(), 0, "prompt_messages");
  std::string_view& list = raw.messages.starts_with('[') ? raw.messages : raw.input;
  if (const Set whole = ends(active, 1); whole != 0) {
    mask_whole(raw.system, whole);
    mask_whole(list, whole);
    raw.system = {};
    raw.messages = "[]";
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
  const bool system = is_given(raw.system);
  if (system) {
    message(0, raw.system);
  }
  if (!list.starts_with('[')) {
    message(system ? 1 : 0, list);
  } else if (active != 0 && in_record(list)) {
    mask_elements(list.data(), active, 1, system ? 1 : 0);
  }
}

void Redactor::mask_completion(SdkPayload& raw) {
  const Pointers& pointers = rules_->pointers;
  const Set active = pointers.member(pointers.all(), 0, "completion_message");
  if (!raw.message.empty()) {
    return mask_source(raw.message, active, 1);
  }
  const Set whole = ends(active, 1);
  const Set content = whole != 0 ? whole : ends(pointers.member(active, 1, "content"), 2);
  if (content == 0) {
    return;
  }
  mask_whole(raw.choice_text, content);
  for (const std::string_view text : raw.texts) {
    mask_whole(text, content);
  }
  if (whole != 0) {
    raw.message = "{}";
  } else {
    raw.choice_text = kMaskedText;
  }
}

void Redactor::mask_tool_calls(SdkPayload& raw) {
  const Pointers& pointers = rules_->pointers;
  const Set active = pointers.member(pointers.all(), 0, "tool_calls");
  if (raw.choice_calls.starts_with('[')) {
    return mask_source(raw.choice_calls, active, 1);
  }
  const Set all = ends(active, 1);
  std::uint64_t index = 0;
  for (const SdkPayload::ToolCall& call : raw.calls) {
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
    raw.choice_calls = "[]";
  }
}

void Redactor::mask_tools(SdkPayload& raw) {
  const Pointers& pointers = rules_->pointers;
  const Set active = pointers.member(pointers.all(), 0, "tools");
  const bool as_they_are = std::any_of(raw.tool_list.begin(), raw.tool_list.end(),
                                       [](const SdkPayload::Tool& tool) { return !tool.function.empty(); });
  if (as_they_are || ends(active, 1) != 0) {
    mask_source(raw.tools, active, 1);
    if (ends(active, 1) != 0) {
      raw.tool_list.clear();  // none is left of the copy either
    }
    return;
  }
  std::uint64_t index = 0;
  for (const SdkPayload::Tool& tool : raw.tool_list) {
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

// Edits behind the first `sorted` are new: they go where they belong, and of two that lie one in the other, the outer
// one stays.
void Redactor::merge_edits(std::size_t sorted) {
  const auto before = [](const Edit& a, const Edit& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.length > b.length;
  };
  const auto middle = edits_.begin() + static_cast<std::ptrdiff_t>(sorted);
  std::sort(middle, edits_.end(), before);
  merged_.clear();
  std::size_t free = 0;  // no edit kept so far goes beyond it
  const auto keep = [&](const Edit& edit) {
    if (edit.offset >= free) {
      merged_.push_back(edit);
      free = std::size_t{edit.offset} + edit.length;
    }
  };
  auto added = middle;
  for (auto edit = edits_.begin(); edit != middle; ++edit) {
    for (; added != edits_.end() && before(*added, *edit); ++added) {
      keep(*added);
    }
    keep(*edit);
  }
  std::for_each(added, edits_.end(), keep);
  edits_.swap(merged_);
}

void Redactor::mask_extracted(const RecordFields& fields, SdkPayload& raw) {
  const Pointers& pointers = rules_->pointers;
  const std::size_t sorted = edits_.size();
  const Extraction extraction = extractable(fields);
  const auto field = [&](bool wanted, std::string_view name, std::string_view value) {
    if (wanted) {
      mask_source(value, pointers.member(pointers.all(), 0, name), 1);
    }
  };
  field(extraction.model, "model", raw.model);
  field(extraction.model, "model", raw.request_model);
  if (extraction.prompt) {
    mask_prompt(raw);
  }
  if (extraction.completion) {
    mask_completion(raw);
  }
  if (extraction.tool_calls) {
    mask_tool_calls(raw);
  }
  field(extraction.usage, "usage", raw.usage);
  if (extraction.tools) {
    mask_tools(raw);
  }
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    field((extraction.parameters >> i & 1) != 0, kParameters[i].name, raw.parameters[i]);
  }
  field(extraction.error_message, "error_message", raw.error.starts_with('"') ? raw.error : raw.error_message);
  field(extraction.status_code, "status_code", raw.error_code);
  if (extraction.status && ends(pointers.member(pointers.all(), 0, "status"), 1) != 0) {
    raw.status = kMaskedText;
  }
  if (edits_.size() > sorted) {
    merge_edits(sorted);
  }
}

}  // namespace respand::record
