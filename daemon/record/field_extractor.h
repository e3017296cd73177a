#pragma once
// FieldExtractor: hears from DocumentWalk what stands in a record, and notes where the fields of the outermost object
// are, and of customer_params and an SDK's payload (sdk_payload_reader.h) in it. It passes on to Redactor what that
// wants to hear. Private to RecordParser; one thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "record/record_node.h"
#include "record/redactor.h"
#include "record/sdk_payload_reader.h"
#include "record/usage_fields.h"
#include "respand/record/record_parser.h"

namespace respand::record {

class FieldExtractor {
 public:
  // Lives for one record. All are borrowed: `payload` and `usage_fields` may hold what an earlier record left there,
  // and are meaningful where `fields` points to them; `fields` must know nothing yet.
  FieldExtractor(std::string_view record, Redactor& redactor, SdkPayload& payload, UsageFields& usage_fields,
                 RecordFields& fields)
      : record_(record),
        redactor_(redactor),
        payload_(payload),
        usage_fields_(usage_fields),
        fields_(fields),
        payload_reader_(payload) {}

  // What DocumentWalk tells, in the order of the text. Requires: the text so far is well formed.
  void name(std::string_view token, bool escaped) {
    if (redactor_.hears_names(depth_)) {
      redactor_.name(depth_, token.substr(1, token.size() - 2), escaped);
    }
    if (depth_ == node_depth_) {
      known_name(token, escaped);
    }
  }
  void scalar(std::string_view token, bool escaped) {
    if (next_.slot != nullptr) {
      *next_.slot = token;
    }
    next_ = {};
    if (redactor_.hears_value(depth_)) {
      redactor_.scalar(depth_, token, escaped);
    }
  }
  void open(std::size_t at, bool is_object) {
    if (next_.slot != nullptr) {
      open_[open_count_++] = {.slot = next_.slot, .depth = depth_, .at = at};
      next_.slot = nullptr;
    }
    if (redactor_.hears_value(depth_)) {
      redactor_.open(depth_, at, is_object);
    }
    if (depth_ == node_depth_ && is_list(node_)) {
      next_.inside = payload_reader_.element_of(node_);
    }
    if (next_.inside != RecordNode::kNone) {
      enter(is_object);
    }
    ++depth_;
  }
  void close(std::size_t at, bool is_empty) {
    --depth_;
    if (depth_ == 0) {
      fields_.close = at;
      fields_.empty = is_empty;
    }
    if (depth_ < node_depth_) {
      payload_reader_.leave(node_);
      node_ = node_around(node_);
      node_depth_ = depth_;
    }
    if (redactor_.hears_close(depth_)) {
      redactor_.close(depth_, at, is_empty);
    }
    if (open_count_ > 0 && depth_ == open_[open_count_ - 1].depth) {
      const Open& open = open_[--open_count_];
      *open.slot = record_.substr(open.at, at + 1 - open.at);
    }
  }

  // The fields are complete. Requires: the walk accepted the record.
  void finish();

 private:
  // An object or array whose text is wanted.
  struct Open {
    std::string_view* slot;
    std::uint32_t depth;
    std::size_t at;
  };

  // The name of a member of node_.
  void known_name(std::string_view token, bool escaped);
  [[nodiscard]] NextValue root_member(std::string_view key);
  // A member that tells of usage, beside `usage`.
  [[nodiscard]] NextValue usage_member(std::string_view key);
  // A member that is about an SDK's payload, or is what would be extracted from one. None where it is neither.
  [[nodiscard]] std::optional<NextValue> payload_member(std::string_view key);
  // An object or array begins that may be the node that its name promised.
  void enter(bool is_object) {
    if (is_object != is_list(next_.inside)) {
      node_ = next_.inside;
      node_depth_ = depth_ + 1;
    }
    next_.inside = RecordNode::kNone;
  }

  const std::string_view record_;
  Redactor& redactor_;
  SdkPayload& payload_;
  UsageFields& usage_fields_;
  RecordFields& fields_;
  SdkPayloadReader payload_reader_;
  std::uint32_t depth_ = 0;                 // objects and arrays that are open
  RecordNode node_ = RecordNode::kOutside;  // the innermost open one whose members matter
  std::uint32_t node_depth_ = 0;            // of what is in it
  NextValue next_{.inside = RecordNode::kRoot};
  // The first open_count_ of them, one around the other. Each is a member of a node, and nodes lie at most eight deep.
  std::array<Open, 12> open_;
  std::size_t open_count_ = 0;
  std::string_view params_customer_;  // customer_params.customer_identifier
  std::string_view provider_id_;
};

}  // namespace respand::record
