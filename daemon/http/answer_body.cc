#include "http/answer_body.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <limits>

#include "http/retry_after.h"

namespace respand::http {
namespace {

constexpr std::array<std::string_view, 6> kMessages = {"message", "detail", "error",
                                                       "msg",     "title",  "error_description"};

// Keeps the outermost message and the outermost retry_after; of two at the same depth the first.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  bool Default() { return value(); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    take_retry_after({text, length});
    return value();
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    take_retry_after({text, length});
    if (depth_ < message_depth_ && std::find(kMessages.begin(), kMessages.end(), name_) != kMessages.end()) {
      message_depth_ = depth_;
      body_.message.assign(text, length);
    }
    return value();
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    name_.assign(text, length);
    return true;
  }
  bool StartObject() { return open(); }
  bool StartArray() { return open(); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  [[nodiscard]] AnswerBody& body() { return body_; }

 private:
  // A name belongs to the one value after it: the elements of an array have none.
  bool value() {
    name_.clear();
    return true;
  }
  bool open() {
    name_.clear();
    return ++depth_ <= AnswerBody::kMaxDepth;
  }
  bool close() {
    --depth_;
    return true;
  }
  void take_retry_after(std::string_view number) {
    if (name_ != "retry_after" || depth_ >= retry_after_depth_) {
      return;
    }
    if (const auto seconds = parse_seconds(number)) {
      retry_after_depth_ = depth_;
      body_.retry_after = seconds;
    }
  }

  AnswerBody body_;
  std::string name_;  // of the member that comes next
  int depth_ = 0;
  int retry_after_depth_ = std::numeric_limits<int>::max();
  int message_depth_ = std::numeric_limits<int>::max();
};

}  // namespace

AnswerBody read_answer_body(std::string_view json, bool cut) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  Handler handler;
  const bool whole = !reader.Parse<kFlags>(stream, handler).IsError();
  return whole || cut ? std::move(handler.body()) : AnswerBody{};
}

}  // namespace respand::http
