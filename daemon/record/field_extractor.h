#pragma once
// Hears RapidJSON's events for one record: counts the depth, and notes where the fields of the outermost object stand.
// Private to RecordParser.

#include <rapidjson/reader.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "record/redactor.h"
#include "record/token_stream.h"
#include "record/usage_fields.h"
#include "respand/record/record_parser.h"

namespace respand::record {

class FieldExtractor : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FieldExtractor> {
 public:
  // Objects whose members matter.
  enum class Node : std::uint8_t {
    kNone,
    kOutside,
    kRoot,
    kParams,
    // Of a raw call (sdk_payload.h). kChoices, kOutput, kOutputParts, kContent and kTools are lists.
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
  // Why the handler, and not the grammar, ended the parse.
  enum class Stop : std::uint8_t { kNone, kTooDeep, kNotObject };

  // All are borrowed: `stream` tells where the value stands that an event is about, `marker` is told of those that it
  // wants to hear of. What is found goes to `fields`, which knows nothing yet.
  FieldExtractor(const TokenStream& stream, Redactor& redactor, SdkPayload& raw, UsageFields& usage_fields,
                 RecordFields& fields, std::uint32_t max_depth)
      : stream_(stream),
        redactor_(redactor),
        raw_(raw),
        usage_fields_(usage_fields),
        fields_(fields),
        max_depth_(max_depth) {}

  // Strings and numbers: the stream has the token.
  bool Default() { return scalar(stream_.token()); }
  bool Null() { return literal(4); }
  bool Bool(bool value) { return literal(value ? 4 : 5); }

  bool Key(const char*, rapidjson::SizeType, bool) {
    if (redactor_.hears_names(depth_)) {
      redactor_.name(depth_, key(), stream_.escaped());
    }
    if (depth_ == node_depth_) {
      known_key(key());
    }
    return true;
  }
  bool StartObject() { return start(true); }
  bool StartArray() { return depth_ == 0 ? stop(Stop::kNotObject, stream_.Tell()) : start(false); }
  bool EndObject(rapidjson::SizeType members) {
    if (depth_ == 1) {
      fields_.close = stream_.Tell();
      fields_.empty = members == 0;
    }
    return end(members == 0);
  }
  bool EndArray(rapidjson::SizeType elements) { return end(elements == 0); }

  [[nodiscard]] Stop stopped() const { return stop_; }
  [[nodiscard]] std::size_t stop_byte() const { return stop_byte_; }
  // The fields are complete. Requires: the parse succeeded.
  void finish() {
    const auto fall_back = [](std::string_view& value, std::string_view other) {
      if (value.empty() || (value == "null" && !other.empty())) {
        value = other;
      }
    };
    fall_back(fields_.customer_identifier, params_customer_);
    fall_back(fields_.provider, provider_id_);
  }

 private:
  // A key as written, without its quotes.
  [[nodiscard]] std::string_view key() const { return stream_.token().substr(1, stream_.token().size() - 2); }
  [[nodiscard]] static Node around(Node node);
  [[nodiscard]] static bool is_list(Node node) {
    return node == Node::kChoices || node == Node::kOutput || node == Node::kOutputParts || node == Node::kContent ||
           node == Node::kTools;
  }
  // The name of a member of node_.
  void known_key(std::string_view written);
  void field(std::string_view key);
  void usage_field(std::string_view key);
  // A name of the outermost object that is about a raw call or what is extracted from one. False where it is not.
  bool raw_field(std::string_view key);
  void raw_key(std::string_view key);
  [[nodiscard]] Node element_of(Node list);
  void leave(Node node);

  bool stop(Stop why, std::size_t byte) {
    stop_ = why;
    stop_byte_ = byte;
    return false;
  }
  bool start(bool is_object) {
    if (depth_ >= max_depth_) {
      return stop(Stop::kTooDeep, stream_.Tell());
    }
    if (slot_ != nullptr) {
      open_[open_count_++] = {.slot = slot_, .depth = depth_, .at = stream_.Tell()};
      slot_ = nullptr;
    }
    if (redactor_.hears_value(depth_)) {
      redactor_.open(depth_, stream_.Tell(), is_object);
    }
    if (depth_ == node_depth_ && is_list(node_)) {
      next_ = element_of(node_);
    }
    if (next_ != Node::kNone) {
      enter(is_object);
    }
    ++depth_;
    return true;
  }
  // The value of a member that may matter begins.
  void enter(bool is_object) {
    if (is_object != is_list(next_)) {
      node_ = next_;
      node_depth_ = depth_ + 1;
    }
    next_ = Node::kNone;
  }
  bool end(bool is_empty) {
    --depth_;
    if (depth_ < node_depth_) {
      leave(node_);
      node_ = around(node_);
      node_depth_ = depth_;
    }
    if (redactor_.hears_close(depth_)) {
      redactor_.close(depth_, stream_.Tell(), is_empty);
    }
    if (open_count_ > 0 && depth_ == open_[open_count_ - 1].depth) {
      const Open& open = open_[--open_count_];
      *open.slot = stream_.text(open.at, stream_.Tell() + 1);
    }
    return true;
  }
  bool literal(std::size_t length) { return scalar(stream_.text(stream_.Tell() - length, stream_.Tell())); }
  bool scalar(std::string_view text) {
    if (slot_ != nullptr) {
      *slot_ = text;
      slot_ = nullptr;
    }
    next_ = Node::kNone;
    if (redactor_.hears_value(depth_)) {
      redactor_.scalar(depth_, text, stream_.escaped());
    }
    return depth_ > 0 || stop(Stop::kNotObject, static_cast<std::size_t>(text.data() - stream_.text(0, 0).data()));
  }

  const TokenStream& stream_;
  Redactor& redactor_;
  SdkPayload& raw_;            // meaningful where fields_.raw is set
  UsageFields& usage_fields_;  // likewise, fields_.usage_fields
  RecordFields& fields_;
  const std::uint32_t max_depth_;
  std::uint32_t depth_ = 0;
  Node node_ = Node::kOutside;        // the innermost open object whose members matter
  std::uint32_t node_depth_ = 0;      // of what is in it
  Node next_ = Node::kRoot;           // what the next value is, if it is an object
  std::string_view* slot_ = nullptr;  // takes the next value
  // Objects and arrays whose text is wanted: one around the other, each in a Node, which lie at most eight deep.
  struct Open {
    std::string_view* slot;
    std::uint32_t depth;
    std::size_t at;
  };
  std::array<Open, 12> open_;  // the first open_count_ of them
  std::size_t open_count_ = 0;
  std::string_view params_customer_;
  std::string_view provider_id_;
  // What is known of an item of an answer while it is read.
  struct Part {
    std::string_view type;
    std::string_view text;
    SdkPayload::ToolCall call;
  };
  Part item_;
  Part part_;
  SdkPayload::Tool tool_;
  Stop stop_ = Stop::kNone;
  std::size_t stop_byte_ = 0;
};

}  // namespace respand::record
