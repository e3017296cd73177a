#pragma once
// Hears RapidJSON's events for one record: counts the depth, and notes where the fields of the outermost object stand.
// Private to Checker.

#include <rapidjson/reader.h>

#include <cstdint>
#include <string_view>

#include "record/marker.h"
#include "record/token_stream.h"
#include "respand/record/check.h"

namespace respand::record {

class FactsHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FactsHandler> {
 public:
  // Objects whose members matter.
  enum class Node : std::uint8_t { kNone, kOutside, kRoot, kParams, kUsage, kCachedDetails, kReasoningDetails };
  // Why the handler, and not the grammar, ended the parse.
  enum class Stop : std::uint8_t { kNone, kTooDeep, kNotObject };

  // Both are borrowed: `stream` tells where the value stands that an event is about, `marker` is told of those that it
  // wants to hear of.
  FactsHandler(const TokenStream& stream, Marker& marker, std::uint32_t max_depth)
      : stream_(stream), marker_(marker), max_depth_(max_depth) {}

  // Strings and numbers: the stream has the token.
  bool Default() { return scalar(stream_.token()); }
  bool Null() { return literal(4); }
  bool Bool(bool value) { return literal(value ? 4 : 5); }

  bool Key(const char*, rapidjson::SizeType, bool) {
    if (marker_.hears_names(depth_)) {
      marker_.name(depth_, key(), stream_.escaped());
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
      facts_.close = stream_.Tell();
      facts_.empty = members == 0;
    }
    return end(members == 0);
  }
  bool EndArray(rapidjson::SizeType elements) { return end(elements == 0); }

  [[nodiscard]] Stop stopped() const { return stop_; }
  [[nodiscard]] std::size_t stop_byte() const { return stop_byte_; }
  // What was found. Requires: the parse succeeded.
  [[nodiscard]] Facts facts() const {
    Facts facts = facts_;
    const auto fall_back = [](std::string_view& value, std::string_view other) {
      if (value.empty() || (value == "null" && !other.empty())) {
        value = other;
      }
    };
    fall_back(facts.customer_identifier, params_customer_);
    fall_back(facts.provider, provider_id_);
    return facts;
  }

 private:
  // A key as written, without its quotes.
  [[nodiscard]] std::string_view key() const { return stream_.token().substr(1, stream_.token().size() - 2); }
  [[nodiscard]] static Node around(Node node);
  // The name of a member of node_.
  void known_key(std::string_view written);
  void field(std::string_view key);
  void count(Counts& counts, std::string_view key);

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
      open_slot_ = slot_;
      open_depth_ = depth_;
      open_at_ = stream_.Tell();
      slot_ = nullptr;
    }
    if (marker_.hears_value(depth_)) {
      marker_.open(depth_, stream_.Tell(), is_object);
    }
    if (next_ != Node::kNone) {
      enter(is_object);
    }
    ++depth_;
    return true;
  }
  // The value of a member that may matter begins.
  void enter(bool is_object) {
    if (is_object) {
      node_ = next_;
      node_depth_ = depth_ + 1;
    }
    next_ = Node::kNone;
  }
  bool end(bool is_empty) {
    --depth_;
    if (depth_ < node_depth_) {
      node_ = around(node_);
      node_depth_ = depth_;
    }
    if (marker_.hears_close(depth_)) {
      marker_.close(depth_, stream_.Tell(), is_empty);
    }
    if (open_slot_ != nullptr && depth_ == open_depth_) {
      *open_slot_ = stream_.text(open_at_, stream_.Tell() + 1);
      open_slot_ = nullptr;
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
    if (marker_.hears_value(depth_)) {
      marker_.scalar(depth_, text, stream_.escaped());
    }
    return depth_ > 0 || stop(Stop::kNotObject, static_cast<std::size_t>(text.data() - stream_.text(0, 0).data()));
  }

  const TokenStream& stream_;
  Marker& marker_;
  const std::uint32_t max_depth_;
  std::uint32_t depth_ = 0;
  Node node_ = Node::kOutside;             // the innermost open object whose members matter
  std::uint32_t node_depth_ = 0;           // of what is in it
  Node next_ = Node::kRoot;                // what the next value is, if it is an object
  std::string_view* detail_ = nullptr;     // where the count goes that a details object holds
  std::string_view* slot_ = nullptr;       // takes the next value
  std::string_view* open_slot_ = nullptr;  // takes the object or array that is open at open_depth_
  std::uint32_t open_depth_ = 0;
  std::size_t open_at_ = 0;
  std::string_view params_customer_;
  std::string_view provider_id_;
  Facts facts_;
  Stop stop_ = Stop::kNone;
  std::size_t stop_byte_ = 0;
};

}  // namespace respand::record
