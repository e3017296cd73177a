#pragma once
// Random JSON documents, and small changes to them, for tests that hold two readers of JSON against each other. Their
// members have names that the record stage looks for as well as others, and their tokens are those at which readers
// differ: escapes, characters of each length in UTF-8, numbers of every form, white space in every place.

#include <string>
#include <string_view>

#include "respand/base/random.h"

namespace respand::record {

class RandomDocument {
 public:
  explicit RandomDocument(Random& random) : random_(random) {}

  // One object, of a few values to some hundred.
  std::string object() {
    text_.clear();
    budget_ = 4 + random_.below(random_.below(8) == 0 ? 200 : 20);
    space();
    put_object(0);
    space();
    return text_;
  }

 private:
  std::string_view one_of(std::initializer_list<std::string_view> choices) {
    return *(choices.begin() + random_.below(choices.size()));
  }
  void space() {
    while (random_.below(6) == 0) {
      text_ += one_of({" ", "\t", "\n", "\r"});
    }
  }
  void put_string() {
    text_ += '"';
    for (std::uint64_t left = random_.below(random_.below(6) == 0 ? 40 : 5); left > 0; --left) {
      text_ += one_of({"a",
                       "Zz",
                       "0",
                       " ",
                       "plain text of some length",
                       R"(\")",
                       R"(\\)",
                       R"(\/)",
                       R"(\n)",
                       R"(\u0041)",
                       R"(\ud83d\ude00)",
                       R"(\uFFFF)",
                       "\xC3\xA9",
                       "\xE2\x82\xAC",
                       "\xF0\x9F\x98\x80",
                       "\x7F",
                       "{",
                       "]",
                       ",",
                       ":",
                       "'"});
    }
    text_ += '"';
  }
  void put_name() {
    if (random_.below(3) == 0) {
      return put_string();
    }
    text_ += one_of(
        {R"("model")",         R"("usage")",    R"("cost")",       R"("request")",         R"("full_request")",
         R"("response")",      R"("messages")", R"("choices")",    R"("message")",         R"("content")",
         R"("tools")",         R"("output")",   R"("type")",       R"("customer_params")", R"("customer_identifier")",
         R"("prompt_tokens")", R"("error")",    R"("mod\u0065l")", R"("timestamp")",       R"("input")",
         R"("text")",          R"("")"});
  }
  void put_scalar() {
    switch (random_.below(4)) {
      case 0:
        text_ += one_of({"true", "false", "null"});
        break;
      case 1:
        text_ += one_of({"0", "-0", "7", "12", "-3.25", "0.10", "1e400", "2E-7", "1e+5", "18446744073709551616"});
        break;
      default:
        put_string();
    }
  }
  void put_value(int depth) {
    if (budget_ == 0 || depth > 12 || random_.below(3) == 0) {
      return put_scalar();
    }
    --budget_;
    random_.below(2) == 0 ? put_object(depth) : put_array(depth);
  }
  void put_object(int depth) {
    text_ += '{';
    space();
    for (std::uint64_t left = random_.below(depth == 0 ? 8 : 4); left > 0; --left) {
      put_name();
      space();
      text_ += ':';
      space();
      put_value(depth + 1);
      space();
      text_ += left > 1 ? "," : "";
      space();
    }
    text_ += '}';
  }
  void put_array(int depth) {
    text_ += '[';
    space();
    for (std::uint64_t left = random_.below(4); left > 0; --left) {
      put_value(depth + 1);
      space();
      text_ += left > 1 ? "," : "";
      space();
    }
    text_ += ']';
  }

  Random& random_;
  std::string text_;
  std::uint64_t budget_ = 0;  // objects and arrays that may still come
};

}  // namespace respand::record
