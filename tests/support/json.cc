#include "tests/support/json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "respand/record/frame.h"

namespace respand::test {
namespace {

// Numbers become strings with this mark in front, so that 1 and "1" differ, and so do 0.10 and 0.1. No string of a test
// record begins with it.
constexpr char kNumberMark = '\x01';

// Hands the events of a parse on to a document.
class Marker : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Marker> {
 public:
  using Size = rapidjson::SizeType;
  explicit Marker(rapidjson::Document& document) : document_(document) {}
  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool RawNumber(const char* text, Size size, bool) {
    const std::string marked = kNumberMark + std::string(text, size);
    return document_.String(marked.data(), static_cast<Size>(marked.size()), true);
  }
  bool String(const char* text, Size size, bool) { return document_.String(text, size, true); }
  bool Key(const char* text, Size size, bool) { return document_.Key(text, size, true); }
  bool StartObject() { return document_.StartObject(); }
  bool EndObject(Size size) { return document_.EndObject(size); }
  bool StartArray() { return document_.StartArray(); }
  bool EndArray(Size size) { return document_.EndArray(size); }

 private:
  rapidjson::Document& document_;
};

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

bool parse(std::string_view text, rapidjson::Document& document) {
  auto generate = [&](rapidjson::Document& target) {
    rapidjson::Reader reader;
    rapidjson::MemoryStream stream(text.data(), text.size());
    Marker marker(target);
    return static_cast<bool>(reader.Parse<kFlags>(stream, marker));
  };
  document.Populate(generate);
  return document.IsObject();
}

bool same(const rapidjson::Value& a, const rapidjson::Value& b);

bool same_member(const rapidjson::Value::Member& a, const rapidjson::Value::Member& b) {
  return same(a.name, b.name) && same(a.value, b.value);
}

// As ==, but the order of members counts.
bool same(const rapidjson::Value& a, const rapidjson::Value& b) {
  if (a.IsObject() && b.IsObject()) {
    return std::equal(a.MemberBegin(), a.MemberEnd(), b.MemberBegin(), b.MemberEnd(), same_member);
  }
  if (a.IsArray() && b.IsArray()) {
    return std::equal(a.Begin(), a.End(), b.Begin(), b.End(), same);
  }
  return a == b;
}

// Writes numbers as they were.
class AsWritten : public rapidjson::Writer<rapidjson::StringBuffer> {
 public:
  using Writer::Writer;
  bool String(const char* text, rapidjson::SizeType size, bool copy = false) {
    const bool number = size > 0 && *text == kNumberMark;
    return number ? RawValue(text + 1, size - 1, rapidjson::kNumberType) : Writer::String(text, size, copy);
  }
};

std::string_view name_of(const rapidjson::Value::Member& member) {
  return {member.name.GetString(), member.name.GetStringLength()};
}

}  // namespace

::testing::AssertionResult same_but_for(std::string_view before, std::string_view after,
                                        const std::vector<std::string>& added) {
  rapidjson::Document old_record;
  rapidjson::Document new_record;
  if (!parse(before, old_record) || !parse(after, new_record)) {
    return ::testing::AssertionFailure() << "not a JSON object:\n" << before << "\n" << after;
  }
  if (new_record.MemberCount() != old_record.MemberCount() + added.size()) {
    return ::testing::AssertionFailure() << "not " << added.size() << " members added:\n" << before << "\n" << after;
  }
  const auto addition = new_record.MemberBegin() + static_cast<std::ptrdiff_t>(old_record.MemberCount());
  if (!std::equal(old_record.MemberBegin(), old_record.MemberEnd(), new_record.MemberBegin(), addition, same_member)) {
    return ::testing::AssertionFailure() << "a member changed:\n" << before << "\n" << after;
  }
  for (const std::string& name : added) {
    const auto has_name = [&](const rapidjson::Value::Member& member) { return name_of(member) == name; };
    if (std::count_if(addition, new_record.MemberEnd(), has_name) != 1) {
      return ::testing::AssertionFailure() << name << " was not added once:\n" << after;
    }
  }
  return ::testing::AssertionSuccess();
}

std::string member(std::string_view object, std::string_view name) {
  rapidjson::Document document;
  if (!parse(object, document)) {
    return {};
  }
  const rapidjson::Value key(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  if (!document.HasMember(key)) {
    return {};
  }
  const rapidjson::Value& value = document[key];
  if (value.IsString()) {
    std::string text(value.GetString(), value.GetStringLength());
    return text.starts_with(kNumberMark) ? text.substr(1) : text;
  }
  rapidjson::StringBuffer out;
  AsWritten writer(out);
  value.Accept(writer);
  return out.GetString();
}

std::vector<std::string> elements(std::string_view array) {
  std::vector<std::string> found;
  if (!array.starts_with('[')) {
    return found;
  }
  record::ElementFramer framer(Bytes{array.size()});
  while (framer.next(array) == record::Frame::kComplete) {
    found.emplace_back(framer.frame());
  }
  return found;
}

}  // namespace respand::test
