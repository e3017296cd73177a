#pragma once
// The objects and lists of a record whose members matter: the outermost object, customer_params, and those of a request
// and an answer as an SDK gave them (sdk_payload.h). FieldExtractor follows them, one inside the other. Private to the
// module; pure.

#include <cstdint>

namespace respand::record {

enum class RecordNode : std::uint8_t {
  kNone,
  kOutside,
  kRoot,
  kParams,
  // Of an SDK's payload. kChoices, kOutput, kOutputParts, kContent and kTools are lists.
  kRequest,
  kResponse,
  kError,
  kChoices,
  kChoice,
  kMessage,
  kOutput,
  kOutputItem,
  kOutputParts,
  kOutputPart,
  kContent,
  kContentPart,
  kTools,
  kTool,
};

// The node that `node` lies in; kOutside for those that lie in none.
[[nodiscard]] constexpr RecordNode node_around(RecordNode node) noexcept {
  switch (node) {
    case RecordNode::kNone:
    case RecordNode::kOutside:
    case RecordNode::kRoot:
      return RecordNode::kOutside;
    case RecordNode::kParams:
    case RecordNode::kRequest:
    case RecordNode::kResponse:
      return RecordNode::kRoot;
    case RecordNode::kError:
    case RecordNode::kChoices:
    case RecordNode::kOutput:
    case RecordNode::kContent:
      return RecordNode::kResponse;
    case RecordNode::kChoice:
      return RecordNode::kChoices;
    case RecordNode::kMessage:
      return RecordNode::kChoice;
    case RecordNode::kOutputItem:
      return RecordNode::kOutput;
    case RecordNode::kOutputParts:
      return RecordNode::kOutputItem;
    case RecordNode::kOutputPart:
      return RecordNode::kOutputParts;
    case RecordNode::kContentPart:
      return RecordNode::kContent;
    case RecordNode::kTools:
      return RecordNode::kRequest;
    case RecordNode::kTool:
      return RecordNode::kTools;
  }
  return RecordNode::kOutside;
}

// Whether it is an array, whose elements may be nodes; all others are objects, whose members have names.
[[nodiscard]] constexpr bool is_list(RecordNode node) noexcept {
  return node == RecordNode::kChoices || node == RecordNode::kOutput || node == RecordNode::kOutputParts ||
         node == RecordNode::kContent || node == RecordNode::kTools;
}

}  // namespace respand::record
