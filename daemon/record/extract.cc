#include "record/extract.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "record/member_value.h"
#include "respand/record/decimal.h"

namespace respand::record {
namespace {

// The most bytes of names, quotes and brackets that are written around one value; a generous bound.
constexpr std::size_t kAround = 128;

bool is_text(std::string_view value) { return value.starts_with('"'); }
bool is_list(std::string_view value) { return value.starts_with('['); }

bool is_status_code(std::string_view value) {
  const std::optional<Decimal> code = parse_decimal(value);
  return code && code->scale == 0 && code->digits >= 100 && code->digits <= 599;
}

bool is_object(std::string_view value) { return value.starts_with('{'); }

std::string_view error_text(const SdkPayload& raw) { return is_text(raw.error) ? raw.error : raw.error_message; }

// Copies values of the record through its edits.
class Copier {
 public:
  Copier(std::string_view record, const RecordFields& fields, char* out) : record_(record), fields_(fields), at_(out) {}

  [[nodiscard]] char* at() const { return at_; }
  void put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void value(std::string_view view) { at_ = copied(view, at_); }
  // A list's members, behind its bracket.
  void rest_of_list(std::string_view list) { value(list.substr(1)); }
  // The inside of a string.
  void inside(std::string_view text) {
    const std::string_view within = text.substr(1, text.size() - 2);
    at_ = in_record(text) ? put_edited(record_, offset(within), offset(within) + within.size(), fields_.edits, at_)
                          : copied(within, at_);
  }
  // An object as the text that stands for it. Its bytes are put behind the room that the text may need.
  void as_text(std::string_view object) {
    char* const begin = at_ + 2 * (object.size() + fields_.growth);
    char* const end = copied(object, begin);
    put("\"");
    for (const char* from = begin; from != end; ++from) {
      escaped(*from);
    }
    put("\"");
  }

 private:
  // False for masks and defaults: their text is not in the record.
  [[nodiscard]] bool in_record(std::string_view view) const {
    return view.data() >= record_.data() && view.data() < record_.data() + record_.size();
  }
  [[nodiscard]] std::size_t offset(std::string_view view) const {
    return static_cast<std::size_t>(view.data() - record_.data());
  }
  // The last byte is copied by itself, since an insertion right behind the value does not belong to the value.
  char* copied(std::string_view view, char* out) const {
    if (view.empty()) {
      return out;
    }
    if (in_record(view)) {
      out = put_edited(record_, offset(view), offset(view) + view.size() - 1, fields_.edits, out);
    } else {
      std::memcpy(out, view.data(), view.size() - 1);
      out += view.size() - 1;
    }
    *out++ = view.back();
    return out;
  }
  void escaped(char c) {
    switch (c) {
      case '"':
        return put("\\\"");
      case '\\':
        return put("\\\\");
      case '\n':
        return put("\\n");
      case '\r':
        return put("\\r");
      case '\t':
        return put("\\t");
      default:
        *at_++ = c;
    }
  }

  std::string_view record_;
  const RecordFields& fields_;
  char* at_;
};

void put_prompt(const SdkPayload& raw, Copier& to) {
  to.put(R"(,"prompt_messages":[)");
  const bool system = is_given(raw.system);
  if (system) {
    to.put(R"({"role":"system","content":)");
    to.value(raw.system);
    to.put("}");
  }
  const std::string_view list = is_list(raw.messages) ? raw.messages : raw.input;
  if (!is_list(list)) {
    to.put(system ? R"(,{"role":"user","content":)" : R"({"role":"user","content":)");
    to.value(list);
    to.put("}]");
    return;
  }
  const bool empty = list.find_first_not_of(" \t\r\n", 1) == list.size() - 1;
  to.put(system && !empty ? "," : "");
  to.rest_of_list(list);
}

void put_completion(const SdkPayload& raw, Copier& to) {
  to.put(R"(,"completion_message":)");
  if (!raw.message.empty()) {
    return to.value(raw.message);
  }
  to.put(R"({"role":"assistant","content":)");
  if (!raw.choice_text.empty()) {
    to.value(raw.choice_text);
  } else {
    to.put("\"");
    for (const std::string_view text : raw.texts) {
      if (!text.empty()) {
        to.inside(text);
      }
    }
    to.put("\"");
  }
  to.put("}");
}

void put_tool_calls(const SdkPayload& raw, Copier& to) {
  to.put(R"(,"tool_calls":)");
  if (is_list(raw.choice_calls)) {
    return to.value(raw.choice_calls);
  }
  bool first = true;
  for (const SdkPayload::ToolCall& call : raw.calls) {
    to.put(first ? R"([{"id":)" : R"(,{"id":)");
    first = false;
    to.value(call.id);
    to.put(R"(,"type":"function","function":{"name":)");
    to.value(call.name);
    to.put(R"(,"arguments":)");
    if (is_text(call.arguments)) {
      to.value(call.arguments);
    } else {
      to.as_text(call.arguments);
    }
    to.put("}}");
  }
  to.put("]");
}

// A value is missing where something around it was masked.
bool has_texts(const SdkPayload& raw) { return std::any_of(raw.texts.begin(), raw.texts.end(), is_text); }

// Tools of OpenAI's chat completions have the log's own form already.
bool has_log_tools(const SdkPayload& raw) {
  return is_list(raw.tools) && std::all_of(raw.tool_list.begin(), raw.tool_list.end(),
                                           [](const SdkPayload::Tool& tool) { return is_object(tool.function); });
}

bool has_other_tools(const SdkPayload& raw) {
  return is_list(raw.tools) &&
         std::all_of(raw.tool_list.begin(), raw.tool_list.end(), [](const SdkPayload::Tool& tool) {
           return tool.function.empty() && is_text(tool.name) && is_object(tool.parameters);
         });
}

void put_tools(const SdkPayload& raw, Copier& to) {
  to.put(R"(,"tools":)");
  if (has_log_tools(raw)) {
    return to.value(raw.tools);
  }
  bool first = true;
  for (const SdkPayload::Tool& tool : raw.tool_list) {
    to.put(first ? R"([{"type":"function","function":{"name":)" : R"(,{"type":"function","function":{"name":)");
    first = false;
    to.value(tool.name);
    if (is_text(tool.description)) {
      to.put(R"(,"description":)");
      to.value(tool.description);
    }
    to.put(R"(,"parameters":)");
    to.value(tool.parameters);
    to.put("}}");
  }
  to.put("]");
}

bool has_whole_calls(const SdkPayload& raw) {
  return !raw.calls.empty() && std::all_of(raw.calls.begin(), raw.calls.end(), [](const SdkPayload::ToolCall& call) {
    return !call.id.empty() && !call.name.empty() && !call.arguments.empty();
  });
}

}  // namespace

std::string_view answer_model(const SdkPayload& raw) {
  return is_text(raw.model) ? raw.model : is_text(raw.model_version) ? raw.model_version : std::string_view();
}

std::string_view model_of(const SdkPayload& raw) {
  return answer_model(raw).empty() ? raw.request_model : answer_model(raw);
}

bool has_answer(const SdkPayload& raw) {
  return raw.message.starts_with('{') || is_text(raw.choice_text) || has_texts(raw);
}

void SdkPayload::forget_request() {
  request_model = messages = input = system = tools = {};
  parameters = {};
  if (tool_list.capacity() > kKeptParts) {
    std::vector<Tool>().swap(tool_list);
  }
  tool_list.clear();
}

void SdkPayload::forget_response() {
  model = model_version = response = usage = message = choice_text = choice_calls = error = error_message =
      error_code = {};
  status = R"("error")";
  usage_fields.clear();
  choices = 0;
  if (std::max(texts.capacity(), calls.capacity()) > kKeptParts) {
    std::vector<std::string_view>().swap(texts);
    std::vector<ToolCall>().swap(calls);
  }
  texts.clear();
  calls.clear();
}

Extraction extractable(const RecordFields& fields) {
  Extraction extraction;
  const SdkPayload& raw = *fields.raw;
  extraction.model = fields.model.empty() && is_text(model_of(raw));
  extraction.prompt = !fields.has_prompt && (is_list(raw.messages) || is_list(raw.input) || is_text(raw.input));
  extraction.completion = !fields.has_completion && has_answer(raw);
  extraction.tool_calls = !fields.has_tool_calls && (is_list(raw.choice_calls) || has_whole_calls(raw));
  extraction.tools = !fields.has_tools && (has_log_tools(raw) || has_other_tools(raw));
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    const std::string_view value = raw.parameters[i];
    if (!value.empty() && kParameters[i].first.find(value.front()) != std::string_view::npos) {
      extraction.parameters |= std::uint32_t{1} << i;
    }
  }
  extraction.parameters &= ~fields.has_parameters;
  extraction.usage = fields.usage.empty() && (fields.usage_fields == nullptr || !fields.usage_fields->has_counts()) &&
                     raw.usage.starts_with('{');
  const bool failed = is_given(raw.error);
  extraction.error_message = failed && fields.error_message.empty() && is_text(error_text(raw));
  extraction.status_code = failed && fields.status_code.empty() && is_status_code(raw.error_code);
  extraction.status = failed && fields.status.empty() && fields.status_code.empty();
  return extraction;
}

// Of each field the edits within make at most fields.growth: the values that it is made of lie apart.
std::size_t growth_of(const Extraction& extraction, const RecordFields& fields) {
  const SdkPayload& raw = *fields.raw;
  std::size_t growth = 0;
  const auto add = [&](std::string_view value) { growth += value.size() + fields.growth + kAround; };
  if (extraction.model) {
    add(model_of(raw));
  }
  if (extraction.prompt) {
    add(raw.system);
    add(is_list(raw.messages) ? raw.messages : raw.input);
  }
  if (extraction.completion) {
    add(raw.message);
    add(raw.choice_text);
    for (const std::string_view text : raw.texts) {
      growth += text.size();
    }
  }
  if (extraction.tool_calls) {
    add(raw.choice_calls);
    growth += 5 * fields.growth;  // two in what is written, three in the bytes behind it
    for (const SdkPayload::ToolCall& call : raw.calls) {
      growth += call.id.size() + call.name.size() + 3 * call.arguments.size() + kAround;
    }
  }
  if (extraction.usage) {
    add(raw.usage);
  }
  if (extraction.tools) {
    add(raw.tools);
    for (const SdkPayload::Tool& tool : raw.tool_list) {
      growth += tool.name.size() + tool.description.size() + tool.parameters.size() + kAround;
    }
  }
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    if ((extraction.parameters >> i & 1) != 0) {
      add(raw.parameters[i]);
    }
  }
  if (extraction.error_message || extraction.status_code || extraction.status) {
    add(error_text(raw));
    add(raw.error_code);
    add(raw.status);
  }
  return growth;
}

RecordFields with_extracted(const RecordFields& fields, const Extraction& extraction) {
  RecordFields out = fields;
  const SdkPayload& raw = *fields.raw;
  if (extraction.model) {
    out.model = model_of(raw);
  }
  if (extraction.usage) {
    out.usage = raw.usage;
  }
  if (extraction.error_message) {
    out.error_message = error_text(raw);
  }
  if (extraction.status_code) {
    out.status_code = raw.error_code;
  }
  if (extraction.status) {
    out.status = raw.status;
  }
  return out;
}

char* put_extracted(std::string_view record, const RecordFields& fields, const Extraction& extraction, char* out) {
  const SdkPayload& raw = *fields.raw;
  Copier to(record, fields, out);
  const auto member = [&](bool wanted, std::string_view name, std::string_view value) {
    if (wanted) {
      to.put(name);
      to.value(value);
    }
  };
  member(extraction.model, R"(,"model":)", model_of(raw));
  if (extraction.prompt) {
    put_prompt(raw, to);
  }
  if (extraction.completion) {
    put_completion(raw, to);
  }
  if (extraction.tool_calls) {
    put_tool_calls(raw, to);
  }
  member(extraction.usage, R"(,"usage":)", raw.usage);
  if (extraction.tools) {
    put_tools(raw, to);
  }
  for (std::uint32_t left = extraction.parameters; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    to.put(",\"");
    to.put(kParameters[i].name);
    to.put("\":");
    to.value(raw.parameters[i]);
  }
  member(extraction.error_message, R"(,"error_message":)", error_text(raw));
  member(extraction.status_code, R"(,"status_code":)", raw.error_code);
  member(extraction.status, R"(,"status":)", raw.status);
  return to.at();
}

}  // namespace respand::record
