#include "record/field_extractor.h"

#include "record/decode.h"
#include "record/name_table.h"
#include "record/record_fields.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

constexpr NameTable kFieldTable(names_of(kRecordFields));

}  // namespace

FieldExtractor::Node FieldExtractor::around(Node node) {
  switch (node) {
    case Node::kNone:
    case Node::kOutside:
    case Node::kRoot:
      return Node::kOutside;
    case Node::kParams:
    case Node::kRequest:
    case Node::kResponse:
      return Node::kRoot;
    case Node::kError:
    case Node::kChoices:
    case Node::kOutput:
    case Node::kContent:
      return Node::kResponse;
    case Node::kChoice:
      return Node::kChoices;
    case Node::kMessage:
      return Node::kChoice;
    case Node::kOutputItem:
      return Node::kOutput;
    case Node::kOutputParts:
      return Node::kOutputItem;
    case Node::kOutputPart:
      return Node::kOutputParts;
    case Node::kContentPart:
      return Node::kContent;
    case Node::kTools:
      return Node::kRequest;
    case Node::kTool:
      return Node::kTools;
  }
  return Node::kOutside;
}

void FieldExtractor::known_key(std::string_view written) {
  char plain[kMaxName];
  std::string_view key = written;
  if (stream_.escaped()) {
    key = name_in(stream_.token(), plain);  // of a long one the beginning, which is no name either
  }
  slot_ = nullptr;
  next_ = Node::kNone;
  switch (node_) {
    case Node::kRoot:
      return field(key);
    case Node::kParams:
      slot_ = key == "customer_identifier" ? &params_customer_ : nullptr;
      return;
    case Node::kRequest:
    case Node::kResponse:
    case Node::kError:
    case Node::kChoice:
    case Node::kMessage:
    case Node::kOutputItem:
    case Node::kOutputPart:
    case Node::kContentPart:
    case Node::kTool:
      return raw_key(key);
    case Node::kNone:
    case Node::kOutside:
    case Node::kChoices:
    case Node::kOutput:
    case Node::kOutputParts:
    case Node::kContent:
    case Node::kTools:
      return;
  }
}

void FieldExtractor::field(std::string_view key) {
  const std::size_t found = kFieldTable.find(key);
  if (found == kFieldTable.kNone) {
    return raw_field(key) ? void() : usage_field(key);
  }
  const RecordField& field = kRecordFields[found];
  next_ = field.inside;
  slot_ = field.view != nullptr ? &(fields_.*field.view) : nullptr;
  if (next_ == Node::kParams) {
    params_customer_ = {};
  } else if (field.view == nullptr) {
    slot_ = &provider_id_;
  }
}

void FieldExtractor::usage_field(std::string_view key) {
  const UsageName* const line = find_noted_name(UsageNode::kRecord, key);
  if (line == nullptr) {
    return;
  }
  if (fields_.usage_fields == nullptr) {
    fields_.usage_fields = &usage_fields_;
    usage_fields_.clear();
  }
  slot_ = usage_fields_.note(line);
}

}  // namespace respand::record
