#include "record/usage_reader.h"

#include <algorithm>

#include "record/decode.h"
#include "record/member_value.h"
#include "respand/json/members.h"
#include "respand/json/scan.h"
#include "respand/json/text.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

constexpr int kDeepest = 6;
constexpr std::size_t kKeptText = std::size_t{64} * 1024;

// 1e3, 10.0.
[[gnu::noinline]] std::optional<std::uint64_t> unusual_number(std::string_view value) {
  const std::optional<Decimal> number = parse_decimal(value);
  if (!number || number->digits % power_of_ten(number->scale) != 0 ||
      number->digits / power_of_ten(number->scale) > kMaxUsage) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(number->digits / power_of_ten(number->scale));
}

// A number, or the text of one: gateways pass bills on as they have them.
std::optional<Decimal> amount_of(std::string_view value) {
  return parse_decimal(value.size() > 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value);
}

void set_bill(std::optional<Decimal>& bill, std::optional<Decimal> amount, int shift = 0) {
  if (amount && amount->scale + shift <= kMaxScale) {
    bill = Decimal{amount->digits, amount->scale + shift};
  }
}

// Of several names for one count the first counts, unless it holds 0.
void count(UsageReading& reading, Count count, std::uint64_t value, const UsageName* line) {
  const auto at = static_cast<std::size_t>(count);
  if (!reading.has(count) || reading.lines[at] == line || reading.values[at] == 0) {
    reading.set(count, value, line);
  } else if (value != 0 && value != reading.values[at]) {
    reading.conflict |= std::uint64_t{1} << at;
  }
}

void add(UsageReading& reading, Count count, std::uint64_t value) {
  reading.set(count, std::min(reading[count] + value, kMaxUsage + 1), nullptr);
}

// Details may be told once as prompt_tokens_details and once as input_tokens_details, with zeros in one of them.
bool is_detail(UsageNode node) {
  return node == UsageNode::kInputDetails || node == UsageNode::kOutputDetails || node == UsageNode::kCachedDetails ||
         node == UsageNode::kServerTools || node == UsageNode::kBilled;
}

struct ModalityCounts {
  Count audio;
  Count image;
  Count video;
};
ModalityCounts modality_counts(UsageNode node) {
  switch (node) {
    case UsageNode::kOutputDetails:
      return {Count::kOutputAudio, Count::kOutputImage, Count::kOutputVideo};
    case UsageNode::kCachedDetails:
      return {Count::kCachedAudio, Count::kCachedImage, Count::kCachedVideo};
    default:
      return {Count::kInputAudio, Count::kInputImage, Count::kInputVideo};
  }
}

}  // namespace

std::optional<std::uint64_t> whole_number(std::string_view value) {
  std::uint64_t number = 0;
  if (value.size() > 12) {
    return unusual_number(value);
  }
  for (const char c : value) {
    if (!json::is_digit(c)) {
      return unusual_number(value);
    }
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::string* UsageReader::lend() {
  if (lent_ == memory_.size()) {
    return nullptr;
  }
  std::string& memory = memory_[lent_++];
  if (memory.capacity() > kKeptText) {
    std::string().swap(memory);
  }
  memory.clear();
  return &memory;
}

void UsageReader::read(std::string_view value, UsageNode node, UsageReading& reading) {
  enter(value, node, reading, 0);
}

void UsageReader::enter(std::string_view value, UsageNode node, UsageReading& reading, int depth) {
  if (value.empty() || depth > kDeepest) {
    return;
  }
  if (value.front() == '[' && (is_detail(node) || node == UsageNode::kToolDetails)) {
    return modalities(value, node, reading);
  }
  if (const std::string_view found = object_in(value); !found.empty()) {
    object(found, node, reading, depth);
  }
}

std::string_view UsageReader::object_in(std::string_view value) {
  if (value.starts_with('{')) {
    return value;
  }
  // JSON that stands in a string was not checked with the record, so it is checked here.
  if (value.size() > 4 && value.front() == '"' && value[1 + value.substr(1).find_first_not_of(" \\ntr")] == '{') {
    std::string* const text = lend();
    if (text == nullptr) {
      return {};
    }
    json::unescape(value.substr(1, value.size() - 2), *text);
    RecordParser parser;
    if (const ParsedRecord parsed = parser.parse(*text); parsed.ok) {
      const std::string_view inside(*text);
      const std::size_t begin = inside.find('{');
      return inside.substr(begin, parsed.fields.close + 1 - begin);
    }
  }
  return {};
}

void UsageReader::note_answer(std::string_view value, UsageFields& fields, std::string_view& usage) {
  const std::string_view answer = object_in(value);
  if (answer.empty()) {
    return;
  }
  json::for_each_member(answer, [&](std::string_view quoted, bool escaped, std::string_view member) {
    char plain[kMaxName];
    const std::string_view name = escaped ? name_in(quoted, plain) : quoted.substr(1, quoted.size() - 2);
    if (name == "usage") {
      usage = member;
    } else if (const UsageName* const line = find_noted_name(UsageNode::kAnswer, name)) {
      if (std::string_view* const slot = fields.note(line)) {
        *slot = member;
      }
    }
  });
}

void UsageReader::object(std::string_view object, UsageNode node, UsageReading& reading, int depth) {
  json::for_each_member(object, [&](std::string_view quoted, bool escaped, std::string_view value) {
    char plain[kMaxName];
    const std::string_view name = escaped ? name_in(quoted, plain) : quoted.substr(1, quoted.size() - 2);
    if (node == UsageNode::kSdks) {
      return enter(value, UsageNode::kSdk, reading, depth + 1);
    }
    if (const UsageName* const line = find_usage_name(node, name, value.front())) {
      reading.sdk_caches =
          reading.sdk_caches ||
          (node == UsageNode::kSdk && (line->count == Count::kCacheRead || line->count == Count::kCacheCreation));
      return member(*line, value, reading, depth);
    }
    // A part whose name is not known has no price either.
    if (is_detail(node) && json::is_digit(value.front()) && whole_number(value).value_or(1) != 0) {
      reading.set(Count::kUnpriced, 1, nullptr);
    }
  });
}

void UsageReader::member(const UsageName& line, std::string_view value, UsageReading& reading, int depth) {
  if (!is_given(value)) {
    return;
  }
  const auto text = [&value](std::string_view& out) {
    if (value.front() == '"' && value.size() > 2) {
      out = value;
    }
  };
  switch (line.action) {
    case UsageAction::kCount:
    case UsageAction::kLocalPrompt:
    case UsageAction::kLocalAnswer: {
      const std::optional<std::uint64_t> number = whole_number(value);
      if (!number) {
        reading.sound = reading.sound && line.count == Count::kPlainInput;  // the prompt itself, under Langfuse's name
        return;
      }
      const bool local = line.action != UsageAction::kCount;
      const Count counted = !local                                     ? line.count
                            : line.action == UsageAction::kLocalPrompt ? Count::kPrompt
                                                                       : Count::kCompletion;
      reading.local = reading.local || local;
      reading.gemini = reading.gemini || line.gemini;
      return count(reading, counted, *number, &line);
    }
    case UsageAction::kEnter:
      return enter(value, line.node, reading, depth + 1);
    case UsageAction::kKnown:
      return;
    case UsageAction::kBill:
      return set_bill(reading.bill, amount_of(value));
    case UsageAction::kBillTicks:
      return set_bill(reading.bill, amount_of(value), 10);
    case UsageAction::kUpstreamBill:
      return set_bill(reading.upstream_bill, amount_of(value));
    case UsageAction::kGatewayBill:
      if (const auto amount = amount_of(value); amount && amount->digits != 0) {
        set_bill(reading.bill, amount);
      }
      return;
    case UsageAction::kOwnKey:
      reading.own_key = value == "true";
      return;
    case UsageAction::kTier:
      return text(reading.tier);
    case UsageAction::kTraffic:
      return text(reading.traffic);
    case UsageAction::kGeography:
      return text(reading.geography);
    case UsageAction::kModel:
      return text(reading.model);
    case UsageAction::kMilliseconds:
      return set_bill(reading.seconds, amount_of(value), 3);
    case UsageAction::kNanoseconds:
      return set_bill(reading.seconds, amount_of(value), 9);
    case UsageAction::kIterations:
      return value.front() == '[' ? iterations(value, reading) : void();
  }
}

// Gemini's: [{"modality":"AUDIO","tokenCount":10}, …].
void UsageReader::modalities(std::string_view list, UsageNode node, UsageReading& reading) {
  const ModalityCounts counts = modality_counts(node);
  for (const Count count : {counts.audio, counts.image, counts.video}) {
    add(reading, count, 0);  // a modality that the list leaves out is known to be 0
  }
  json::for_each_element(list, [&](std::string_view element) {
    if (element.front() != '{') {
      return;
    }
    std::string_view modality;
    std::uint64_t tokens = 0;
    json::for_each_member(element, [&](std::string_view name, bool, std::string_view value) {
      if (name == R"("modality")") {
        modality = value;
      } else if ((name == R"("tokenCount")" || name == R"("token_count")") && is_given(value)) {
        const auto number = whole_number(value);
        reading.sound = reading.sound && number.has_value();
        tokens = number.value_or(0);
      }
    });
    if (tokens == 0 || modality == R"("TEXT")") {
      return;
    }
    if (modality == R"("AUDIO")") {
      add(reading, counts.audio, tokens);
    } else if (modality == R"("IMAGE")" || modality == R"("DOCUMENT")") {
      add(reading, counts.image, tokens);
    } else if (modality == R"("VIDEO")") {
      add(reading, counts.video, tokens);
    } else {
      reading.set(Count::kUnpriced, 1, nullptr);
    }
  });
}

// Anthropic's: the sums beside them are of the messages alone; compactions come on top, and an advisor's answer is one
// of another model.
void UsageReader::iterations(std::string_view list, UsageReading& reading) {
  json::for_each_element(list, [&](std::string_view element) {
    if (element.front() != '{') {
      return;
    }
    std::string_view type;
    std::string_view model;
    json::for_each_member(element, [&](std::string_view name, bool, std::string_view value) {
      if (name == R"("type")") {
        type = value;
      } else if (name == R"("model")" && is_given(value)) {
        model = value;
      }
    });
    if (type == R"("message")" || type.empty()) {
      return;
    }
    reading.other_model = reading.other_model || !model.empty() || type != R"("compaction")";
    UsageReading part;
    object(element, UsageNode::kUsage, part, kDeepest);
    reading.sound = reading.sound && part.sound;
    add(reading, Count::kCompaction, part[Count::kInput]);
    add(reading, Count::kCompactionOutput, part[Count::kOutput]);
    reading.other_model = reading.other_model || part[Count::kCacheRead] + part[Count::kCacheCreation] > 0;
  });
}

}  // namespace respand::record
