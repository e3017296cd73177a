#pragma once
// What DocumentWalk is held against: RapidJSON's iterative parser over the same bytes, as the record stage was driven
// until DocumentWalk came. Both give a list of events, which must be equal for every text that RapidJSON accepts; a
// text that it refuses must be refused. For document_walk_oracle_test.cc and the fuzz target of the same name; pure.

#include <rapidjson/reader.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "record/document_walk.h"
#include "record/token_stream.h"

namespace respand::record {

// One call of a handler of DocumentWalk. Tokens are views of the text, compared by place.
struct WalkEvent {
  enum class Kind : std::uint8_t { kName, kScalar, kOpen, kClose };
  Kind kind = Kind::kName;
  std::size_t at = 0;
  std::size_t length = 0;  // of a token
  bool flag = false;       // escaped, is_object, is_empty

  bool operator==(const WalkEvent&) const = default;
};
using WalkEvents = std::vector<WalkEvent>;

class WalkRecorder {
 public:
  explicit WalkRecorder(std::string_view text) : text_(text) {}
  void name(std::string_view token, bool escaped) { add(WalkEvent::Kind::kName, token, escaped); }
  void scalar(std::string_view token, bool escaped) { add(WalkEvent::Kind::kScalar, token, escaped); }
  void open(std::size_t at, bool is_object) { events_.push_back({WalkEvent::Kind::kOpen, at, 1, is_object}); }
  void close(std::size_t at, bool is_empty) { events_.push_back({WalkEvent::Kind::kClose, at, 1, is_empty}); }
  [[nodiscard]] const WalkEvents& events() const { return events_; }

 private:
  void add(WalkEvent::Kind kind, std::string_view token, bool flag) {
    events_.push_back({kind, static_cast<std::size_t>(token.data() - text_.data()), token.size(), flag});
  }

  std::string_view text_;
  WalkEvents events_;
};

// RapidJSON's events, told as DocumentWalk tells them.
class RapidJsonEvents : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RapidJsonEvents> {
 public:
  RapidJsonEvents(const TokenStream& stream, std::string_view text, std::size_t max_depth)
      : stream_(stream), text_(text), max_depth_(max_depth), recorder_(text) {}

  bool Default() {
    recorder_.scalar(stream_.token(), stream_.token().starts_with('"') && stream_.escaped());
    return depth_ > 0;
  }
  bool Null() { return literal(4); }
  bool Bool(bool value) { return literal(value ? 4 : 5); }
  bool Key(const char*, rapidjson::SizeType, bool) {
    recorder_.name(stream_.token(), stream_.escaped());
    return true;
  }
  bool StartObject() { return start(true); }
  bool StartArray() { return depth_ > 0 && start(false); }
  bool EndObject(rapidjson::SizeType members) { return end(members == 0); }
  bool EndArray(rapidjson::SizeType elements) { return end(elements == 0); }
  [[nodiscard]] const WalkEvents& events() const { return recorder_.events(); }

 private:
  bool literal(std::size_t length) {
    recorder_.scalar(text_.substr(stream_.Tell() - length, length), false);
    return depth_ > 0;
  }
  bool start(bool is_object) {
    recorder_.open(stream_.Tell(), is_object);
    return depth_++ < max_depth_;
  }
  bool end(bool is_empty) {
    --depth_;
    recorder_.close(stream_.Tell(), is_empty);
    return true;
  }

  const TokenStream& stream_;
  std::string_view text_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  WalkRecorder recorder_;
};

// None where the text is refused.
inline std::optional<WalkEvents> reference_events(std::string_view text, std::uint32_t max_depth) {
  TokenStream stream(text);
  RapidJsonEvents handler(stream, text, max_depth);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<rapidjson::kParseIterativeFlag>(stream, handler);
  if (stream.fault() != json::Fault::kNone || result.IsError() || stream.Tell() != text.size()) {
    return std::nullopt;
  }
  return handler.events();
}

inline std::optional<WalkEvents> walk_events(std::string_view text, DocumentWalk& walk) {
  WalkRecorder recorder(text);
  return walk.run(text, recorder) ? std::optional(recorder.events()) : std::nullopt;
}

}  // namespace respand::record
