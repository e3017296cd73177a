#pragma once
// SdkPayloadReader: which members of a request and an answer, as an SDK gave them, go to which field of an SdkPayload.
// It knows the shapes of OpenAI's chat completions and responses and of Anthropic's messages; where in the record they
// lie is FieldExtractor's to follow. Private to FieldExtractor; one thread.

#include <string_view>

#include "record/record_node.h"
#include "record/sdk_payload.h"

namespace respand::record {

// What becomes of a value that is about to be read.
struct NextValue {
  std::string_view* slot = nullptr;       // takes its text; null: nobody wants it
  RecordNode inside = RecordNode::kNone;  // what it is, if it is an object or, for a list's node, an array
};

class SdkPayloadReader {
 public:
  // `payload` is borrowed, and holds what an earlier record left there until forget().
  explicit SdkPayloadReader(SdkPayload& payload) : payload_(payload) {}

  // Nothing is known of this record's payload.
  void forget();
  // The outermost object's `request` or, `full`, `full_request`. One behind another of its kind takes its place, and
  // `request` counts only where there is no `full_request`.
  [[nodiscard]] NextValue request(bool full);
  // Likewise `response` and `full_response`.
  [[nodiscard]] NextValue response(bool full);

  // The member `key` (decoded) of an object of this kind. Of a repeated name the last one counts.
  [[nodiscard]] NextValue member(RecordNode node, std::string_view key);
  // The next object or array in a list of this kind.
  [[nodiscard]] RecordNode element_of(RecordNode list);
  // An object or list of this kind has ended: what was noted of an item of the answer is judged by its type.
  void leave(RecordNode node);

 private:
  // What is known of an item of an answer while it is read.
  struct Part {
    std::string_view type;
    std::string_view text;
    SdkPayload::ToolCall call;
  };

  [[nodiscard]] NextValue request_member(std::string_view key);
  [[nodiscard]] NextValue response_member(std::string_view key);
  [[nodiscard]] NextValue item_member(RecordNode node, std::string_view key);
  [[nodiscard]] NextValue tool_member(std::string_view key);
  void add_call(const SdkPayload::ToolCall& call);

  SdkPayload& payload_;
  Part item_;
  Part part_;
  SdkPayload::Tool tool_;
};

}  // namespace respand::record
