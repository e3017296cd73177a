// What is read of bodies before anything of them is taken: protobuf's wire format, and what stands around the records
// of a body in JSON.

#include "ingest/protobuf.h"
#include "ingest/wrapping.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  const std::string_view text = block.view();
  if (ingest::check_protobuf(text).ok) {
    claim(ingest::check_protobuf(std::string(text) + std::string(text)).ok,
          "two messages, one behind the other, are one");
  }
  for (const auto form : {ingest::Form::kRecords, ingest::Form::kLogs, ingest::Form::kSpans, ingest::Form::kOtlp}) {
    const ingest::Wrapped wrapped = ingest::look_at_wrapping(text, form);
    if (wrapped.refusal) {
      claim(!wrapped.refusal->message.empty() && wrapped.refusal->byte <= text.size(), "a refusal says why and where");
      continue;
    }
    claim(wrapped.begin <= wrapped.end && wrapped.end <= text.size(), "the records are in the body");
    if (form == ingest::Form::kLogs && wrapped.end > wrapped.begin) {
      claim(text[wrapped.begin] == '[', "they are an array");
    }
  }
  return 0;
}
