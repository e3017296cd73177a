#include "respand/record/record_parser.h"

#include <utility>

#include "record/document_walk.h"
#include "record/fault_finder.h"
#include "record/field_extractor.h"
#include "record/redactor.h"
#include "record/refusals.h"

namespace respand::record {

struct RecordParser::Impl {
  Impl(Bytes record, std::uint32_t depth) : max_record(record), walk(depth), fault_finder(depth) {}

  Bytes max_record;
  DocumentWalk walk;
  FaultFinder fault_finder;
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
  impl_->redactor.begin(bytes);
  FieldExtractor extractor(bytes, impl_->redactor, impl_->raw, impl_->usage_fields, parsed.fields);
  if (!impl_->walk.run(bytes, extractor)) {
    // Only a refused record is read a second time. Both readings accept the same texts, so there is a fault to find;
    // if they ever did not, the record is refused all the same, since what it was told of may be incomplete.
    const std::optional<Refusal> fault = impl_->fault_finder.find(bytes);
    return refused(fault ? *fault : refuse(Reason::kNotJson, 0, "it cannot be read"));
  }
  extractor.finish();
  parsed.fields.record = bytes;
  parsed.fields.rules = impl_->rules.get();
  if (!impl_->redactor.finish(parsed.fields, impl_->raw, impl_->usage_fields)) {
    return refused(refuse_masks());
  }
  parsed.ok = true;
  return parsed;
}

}  // namespace respand::record
