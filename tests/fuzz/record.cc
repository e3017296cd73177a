// RecordParser and Enricher: what is accepted is what the strict judge accepts, the fields found are the application's,
// and what is filled in leaves valid JSON with all the application's bytes in place.

#include "respand/json/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

using record::RecordFields;

// The last member of that name.
std::string_view find(const Value& object, std::string_view name) {
  std::string_view found;
  for (const Member& member : object.members) {
    if (member.name == name) {
      found = member.value;
    }
  }
  return found;
}

void check_facts(const RecordFields& fields, const Value& object, std::string_view text) {
  claim(fields.timestamp == find(object, "timestamp"), "timestamp");
  claim(fields.custom_identifier == find(object, "custom_identifier"), "custom_identifier");
  claim(fields.start_time == find(object, "start_time"), "start_time");
  claim(fields.end_time == find(object, "end_time"), "end_time");
  claim(fields.generation_time == find(object, "generation_time"), "generation_time");
  claim(fields.latency == find(object, "latency"), "latency");
  claim(fields.cost == find(object, "cost"), "cost");
  claim(fields.model == find(object, "model"), "model");
  const std::string_view customer = find(object, "customer_identifier");
  claim(customer.empty() || customer == "null" || fields.customer_identifier == customer, "customer_identifier");
  claim(fields.empty == object.members.empty(), "empty");
  claim(text.data() + fields.close == object.text.data() + object.text.size() - 1, "close");
}

void check_filled(std::string_view text, const RecordFields& fields, const Value& object, Random& random) {
  const record::Additions additions{random.below(2) == 0, random.below(2) == 0, random.below(2) == 0};
  record::Enricher enricher(additions, random);
  const WallTime received{std::chrono::microseconds{1'764'000'000'123'456}};
  const Block room(std::string(text.size() + record::kMaxGrowth, '\0'));
  char* const out = const_cast<char*>(room.view().data());
  const std::size_t length = enricher.fill(text, fields, received, out);
  claim(length <= room.view().size(), "it grows by kMaxGrowth at most");
  const std::string_view filled(out, length);
  claim(filled.starts_with(text.substr(0, fields.close)) && filled.ends_with(text.substr(fields.close)),
        "the application's bytes are untouched");
  const auto again = parse_strictly(filled);
  claim(again.has_value(), "what was filled in is valid JSON");
  const bool stamped = additions.timestamp && fields.timestamp.empty();
  const bool named = additions.custom_identifier && fields.custom_identifier.empty();
  const std::size_t added = again->members.size() - object.members.size();
  const bool timed = added > (stamped ? 1U : 0U) + (named ? 1U : 0U);
  claim(added == (stamped ? 1U : 0U) + (named ? 1U : 0U) + (timed ? 1U : 0U), "only what is missing is added");
  claim(!timed || (additions.generation_time && fields.generation_time.empty() && fields.latency.empty()),
        "generation_time is added where it is missing");
  claim(!stamped || find(*again, "timestamp") == R"("2025-11-24T16:00:00.123456Z")", "the time of receipt");
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  static record::RecordParser parser(kibibytes(4));  // kept, as in the daemon: one record must not mark the next
  const Block block(text_of(data, size));
  const std::string_view text = block.view();
  const record::ParsedRecord parsed = parser.parse(text);
  const auto judged = parse_strictly(text);
  const bool wanted = judged && judged->text.front() == '{' && size <= 4096;
  claim(parsed.ok == wanted, parsed.ok ? "accepted, but wrong" : "refused, but right: " + parsed.refusal.message);
  if (!parsed.ok) {
    claim(parsed.refusal.byte <= size && !parsed.refusal.message.empty(), "a refusal says why and where");
    return 0;
  }
  SeededRandom random(seed_of(text));
  check_facts(parsed.fields, *judged, text);
  check_filled(text, parsed.fields, *judged, random);
  static_cast<void>(json::decoded(parsed.fields.model));
  return 0;
}
