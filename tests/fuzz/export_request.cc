// What is read of bodies before anything of them is taken: protobuf's wire format, and what stands around the records
// of a body in JSON.

#include "encode/protobuf.h"
#include "respand/record/otlp.h"
#include "respand/record/otlp_calls.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"
#include "sockets/wrapping.h"
#include "tests/fuzz/input.h"

namespace {

using respand::record::OtlpMasked;

const respand::record::Rules& rules() {
  static const respand::record::Rules kRules([] {
    respand::record::Rules::Settings settings;
    settings.redact_attributes = {"a*", "?", "gen_ai.*"};
    return settings;
  }());
  return kRules;
}

// What is masked is a request again, in which the same attributes are found.
void mask(std::string_view text) {
  using namespace respand;
  using namespace respand::fuzz;
  const OtlpMasked protobuf = record::mask_otlp_protobuf(text, rules());
  if (protobuf.what == OtlpMasked::What::kChanged) {
    claim(encode::check_protobuf(protobuf.text).ok, "a masked request is one");
    const OtlpMasked again = record::mask_otlp_protobuf(protobuf.text, rules());
    claim(again.text == protobuf.text && again.hits == protobuf.hits, "masks are masked as they are");
  }
  record::RecordParser parser;
  if (!parser.parse(text).ok) {
    return;
  }
  const OtlpMasked json = record::mask_otlp_json(text, rules());
  if (json.what == OtlpMasked::What::kChanged) {
    claim(parser.parse(json.text).ok, "a masked text is JSON");
    const OtlpMasked again = record::mask_otlp_json(json.text, rules());
    claim(again.text == json.text && again.hits == json.hits, "masks are masked as they are");
  }
}

// What the ledger is told of calls are records.
void count(std::string_view text) {
  using namespace respand;
  using namespace respand::fuzz;
  record::RecordParser parser;
  for (const std::string& call : record::calls_in_otlp_protobuf(text)) {
    claim(parser.parse(call).ok, "a call in protobuf is a record");
  }
  if (!parser.parse(text).ok) {
    return;
  }
  static_cast<void>(record::wraps_calls(text));
  for (const std::string& call : record::calls_in_otlp_json(text)) {
    claim(parser.parse(call).ok, "a call in JSON is a record");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  const std::string_view text = block.view();
  if (encode::check_protobuf(text).ok) {
    claim(encode::check_protobuf(std::string(text) + std::string(text)).ok,
          "two messages, one behind the other, are one");
  }
  mask(text);
  count(text);
  for (const auto form : {sockets::Form::kRecords, sockets::Form::kLogs, sockets::Form::kSpans, sockets::Form::kOtlp}) {
    const sockets::Wrapped wrapped = sockets::look_at_wrapping(text, form);
    if (wrapped.refusal) {
      claim(!wrapped.refusal->message.empty() && wrapped.refusal->byte <= text.size(), "a refusal says why and where");
      continue;
    }
    claim(wrapped.begin <= wrapped.end && wrapped.end <= text.size(), "the records are in the body");
    if (form == sockets::Form::kLogs && wrapped.end > wrapped.begin) {
      claim(text[wrapped.begin] == '[', "they are an array");
    }
  }
  return 0;
}
