#include "respand/record/record_parser.h"

#include <utility>

#include "record/field_extractor.h"
#include "record/redactor.h"
#include "record/refusals.h"
#include "respand/base/text.h"

namespace respand::record {
namespace {

// Iterative: recursion would be at the mercy of the text. RapidJSON's flags for strings and numbers (validate encoding,
// numbers as strings) have nothing to do: TokenStream judges those.
constexpr unsigned kFlags = rapidjson::kParseIterativeFlag;

}  // namespace

struct RecordParser::Impl {
  // RapidJSON's stack holds two numbers for each open level and the end mark of an empty string: it never grows.
  Impl(Bytes record, std::uint32_t depth)
      : max_record(record),
        max_depth(depth),
        reader(nullptr, (std::size_t{depth} + 1) * 2 * sizeof(rapidjson::SizeType) + 1) {}

  Bytes max_record;
  std::uint32_t max_depth;
  rapidjson::Reader reader;
  std::shared_ptr<const Rules> rules;
  Redactor redactor;
  SdkPayload raw;
  UsageFields usage_fields;
};

RecordParser::RecordParser(Bytes max_record, std::uint32_t max_depth)
    : impl_(std::make_unique<Impl>(max_record, max_depth)) {}
RecordParser::~RecordParser() = default;

void RecordParser::reconfigure(std::shared_ptr<const Rules> rules) {
  impl_->rules = std::move(rules);
  impl_->redactor.reconfigure(impl_->rules != nullptr ? &impl_->rules->compiled() : nullptr);
}

ParsedRecord RecordParser::parse(std::string_view bytes) {
  ParsedRecord parsed;
  const auto refused = [&parsed](Refusal refusal) {
    parsed.refusal = std::move(refusal);
    return std::move(parsed);
  };
  if (Bytes{bytes.size()} > impl_->max_record) {
    return refused(refuse_size(bytes.size(), impl_->max_record));
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    return refused(refuse(Reason::kNotJson, 0, "it begins with a byte order mark"));
  }
  TokenStream stream(bytes);
  impl_->redactor.begin(bytes);
  FieldExtractor handler(stream, impl_->redactor, impl_->raw, impl_->usage_fields, parsed.fields, impl_->max_depth);
  const rapidjson::ParseResult result = impl_->reader.Parse<kFlags>(stream, handler);
  if (stream.fault() != json::Fault::kNone) {
    return refused(refuse_token(bytes, stream.fault(), stream.fault_byte()));
  }
  switch (handler.stopped()) {
    case FieldExtractor::Stop::kTooDeep:
      return refused(
          refuse(Reason::kTooDeep, handler.stop_byte(), cat("nested deeper than ", impl_->max_depth, " levels")));
    case FieldExtractor::Stop::kNotObject:
      return refused(refuse_root(bytes, handler.stop_byte()));
    case FieldExtractor::Stop::kNone:
      break;
  }
  if (result.IsError()) {
    return refused(refuse_grammar(bytes, result.Code(), result.Offset()));
  }
  if (stream.Tell() != bytes.size()) {  // a NUL byte behind the object, which RapidJSON takes for the end
    return refused(refuse_grammar(bytes, rapidjson::kParseErrorDocumentRootNotSingular, stream.Tell()));
  }
  handler.finish();
  parsed.fields.record = bytes;
  parsed.fields.rules = impl_->rules.get();
  if (!impl_->redactor.finish(parsed.fields, impl_->raw, impl_->usage_fields)) {
    return refused(refuse_masks());
  }
  parsed.ok = true;
  return parsed;
}

}  // namespace respand::record
