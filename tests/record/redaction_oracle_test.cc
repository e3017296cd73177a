// Random records with random rules, judged by an independent oracle: RapidJSON's DOM, a recursive walk, and plain text
// replacement. Seeds are fixed; a failure names its own.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <vector>

#include "pointer_paths.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"
#include "tests/support/sanitized.h"

namespace respand::record {
namespace {

using Value = rapidjson::Value;

constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;

constexpr std::string_view kNames[] = {"input", "output", "messages", "a", "b",    "~",        "/",    "*",         "",
                                       "0",     "1",      "é",        "k", "m~/n", "metadata", "\x01", "tool_calls"};
// With the detector that finds each, and what stands for it.
struct Secret {
  std::string_view text;
  std::string_view secret;  // what must not be left of it
  std::string_view mask;
};
constexpr Secret kSecrets[] = {{"ann@example.com", "ann@example.com", "[email]"},
                               {"жора@пример.рф", "жора@пример.рф", "[email]"},
                               {"sk-abcdefghij0123456789", "sk-abcdefghij0123456789", "[api_key]"},
                               {"Bearer tok/en+123=", "tok/en+123=", "Bearer [bearer]"},
                               {"4111 1111 1111 1111", "4111 1111 1111 1111", "[credit_card]"}};
constexpr std::string_view kFiller[] = {"plain", "\"quoted\"", "back\\slash", "new\nline", "/slash/",
                                        "ünï",   "😀",          "{",           "}]",        ","};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.next() % limit); }
  template <typename T, std::size_t N>
  const T& one_of(const T (&list)[N]) {
    return list[below(N)];
  }

  std::string space() { return below(4) == 0 ? std::string(below(3), " \n\t"[below(3)]) : ""; }

  // The text as a JSON string, each character as it is or as an escape.
  std::string written(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool must = byte < 0x20 || c == '"' || c == '\\';
      if (byte < 0x80 && (must || below(12) == 0)) {
        constexpr std::string_view kHex = "0123456789abcdef";
        if ((c == '"' || c == '\\' || c == '/') && below(2) == 0) {
          out.append({'\\', c});
        } else {
          out.append("\\u00").append({kHex[byte >> 4], kHex[byte & 15]});
        }
      } else {
        out.push_back(c);
      }
    }
    return out + '"';
  }

  std::string text() {
    std::string out;
    for (std::size_t pieces = below(6); pieces > 0; --pieces) {
      out += cat(below(3) == 0 ? one_of(kSecrets).text : one_of(kFiller), pieces > 1 ? " " : "");
    }
    return out;
  }

  std::string value(int depth) {
    switch (below(depth > 0 ? 8 : 5)) {
      case 0:
      case 1:
        return written(text());
      case 2:
        return below(2) == 0 ? "0.10" : "-1e-7";
      case 3:
        return below(2) == 0 ? "true" : "false";
      case 4:
        return "null";
      case 5: {
        std::string out = "[" + space();
        for (std::size_t left = below(4); left > 0; --left) {
          out += value(depth - 1) + space() + (left > 1 ? "," + space() : "");
        }
        return out + "]";
      }
      default:
        return object(depth - 1);
    }
  }

  std::string object(int depth) {
    std::string out = "{" + space();
    for (std::size_t left = below(6); left > 0; --left) {
      out += written(one_of(kNames)) + space() + ":" + space() + value(depth) + space() + (left > 1 ? "," : "");
    }
    return out + "}";
  }

  std::string pointer() {
    std::string out;
    for (std::size_t steps = 1 + below(4); steps > 0; --steps) {
      out += '/';
      for (const char c : below(4) == 0 ? std::string_view("*") : one_of(kNames)) {
        out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
      }
    }
    return out;
  }

 private:
  SeededRandom random_;
};

class Oracle {
 public:
  Oracle(const Rules::Settings& settings, rapidjson::Document& document) : settings_(settings), document_(document) {}

  void apply() { members(document_, false); }

 private:
  void members(Value& object, bool in_text) {
    for (auto& member : object.GetObject()) {
      const std::string name(member.name.GetString(), member.name.GetStringLength());
      path_.push_back(name);
      const bool text =
          in_text ||
          (path_.size() == 1 && (name == "input" || name == "output" || name == "messages" || name == "tool_calls"));
      value(member.value, text);
      path_.pop_back();
    }
  }

  void value(Value& value, bool in_text) {
    for (const std::string& pointer : settings_.redact) {
      if (leads_to(pointer, path_)) {
        return mask(value);
      }
    }
    if (value.IsObject()) {
      members(value, in_text);
    } else if (value.IsArray()) {
      for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
        path_.push_back(std::to_string(i));
        this->value(value[i], in_text);
        path_.pop_back();
      }
    } else if (value.IsString() && in_text && !settings_.redact_text.empty()) {
      std::string text(value.GetString(), value.GetStringLength());
      for (const Secret& secret : kSecrets) {
        for (std::size_t at = 0; (at = text.find(secret.text, at)) != std::string::npos;) {
          text.replace(at, secret.text.size(), secret.mask);
        }
      }
      value.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), document_.GetAllocator());
    }
  }

  void mask(Value& value) {
    if (value.IsObject()) {
      value.SetObject();
    } else if (value.IsArray()) {
      value.SetArray();
    } else if (value.IsBool()) {
      value.SetBool(false);
    } else if (value.IsString()) {
      // The parser gives numbers as strings; the generator's texts are never these.
      const std::string_view text(value.GetString(), value.GetStringLength());
      const bool number = text == "0.10" || text == "-1e-7";
      value.SetString(number ? "0" : "[redacted]", document_.GetAllocator());
    }
  }

  const Rules::Settings& settings_;
  rapidjson::Document& document_;
  std::vector<std::string> path_;
};

std::string serialized(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

rapidjson::Document parsed_in_place(const std::string& text) {
  rapidjson::Document document;
  document.Parse<kFlags>(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << text;
  return document;
}

Rules::Settings settings_of(Generator& generator) {
  Rules::Settings settings;
  for (std::size_t pointers = generator.below(5); pointers > 0; --pointers) {
    settings.redact.push_back(generator.pointer());
  }
  if (generator.below(3) > 0) {
    settings.redact_text = {kDetectors.begin(), kDetectors.end()};
  }
  return settings;
}

std::string redacted(const std::string& record, const RecordFields& fields) {
  SeededRandom random(1);
  Enricher enricher({.timestamp = false, .custom_identifier = false, .generation_time = false}, random);
  std::string out(record.size() + enricher.enrichment(fields).growth, '\0');
  out.resize(enricher.fill(record, fields, WallTime{}, out.data()));
  EXPECT_TRUE(RecordParser().parse(out).ok) << out;
  return out;
}

// Outside its edits the output is the record, byte for byte; and the edits are in order and apart.
void expect_untouched_elsewhere(std::string_view record, std::string_view out, Edits edits) {
  std::size_t in = 0;
  std::size_t to = 0;
  for (const Edit& edit : edits) {
    ASSERT_GE(edit.offset, in);
    ASSERT_EQ(record.substr(in, edit.offset - in), out.substr(to, edit.offset - in));
    to += edit.offset - in;
    ASSERT_EQ(out.substr(to, edit.replacement.size()), edit.replacement);
    to += edit.replacement.size();
    in = edit.offset + edit.length;
  }
  ASSERT_EQ(record.substr(in), out.substr(to));
}

constexpr std::uint64_t kRedactedRecords = test::kSanitized ? 2'000 : 20'000;

TEST(RedactionOracle, RandomRecordsAndRules) {
  RecordParser parser;
  std::size_t edits = 0;
  for (std::uint64_t seed = 1; seed <= kRedactedRecords; ++seed) {
    SCOPED_TRACE(seed);
    Generator generator(seed);
    const std::string record = generator.object(4);
    const Rules::Settings settings = settings_of(generator);
    parser.reconfigure(std::make_shared<const Rules>(settings));
    const ParsedRecord result = parser.parse(record);
    ASSERT_TRUE(result.ok) << record;
    const std::string out = redacted(record, result.fields);
    rapidjson::Document expected = parsed_in_place(record);
    Oracle(settings, expected).apply();
    ASSERT_EQ(serialized(parsed_in_place(out)), serialized(expected)) << record;
    ASSERT_NO_FATAL_FAILURE(expect_untouched_elsewhere(record, out, result.fields.edits));
    edits += result.fields.edits.size();
  }
  EXPECT_GT(edits, kRedactedRecords / 2);
}

// Whatever stands around it, and however it is written: a secret in a text is not in what goes to the disk.
TEST(RedactionOracle, ASecretNeverComesThrough) {
  RecordParser parser;
  Rules::Settings settings;
  settings.redact_text = {kDetectors.begin(), kDetectors.end()};
  parser.reconfigure(std::make_shared<const Rules>(settings));
  constexpr std::string_view kAround[] = {" ", "\n", "\t", "\"", "(", ")", ",",  ";",
                                          ":", "<",  ">",  "[",  "|", "€", "中", "!"};
  for (std::uint64_t seed = 1; seed <= kRedactedRecords; ++seed) {
    SCOPED_TRACE(seed);
    Generator generator(seed);
    const Secret& secret = generator.one_of(kSecrets);
    const std::string text =
        cat(generator.text(), generator.one_of(kAround), secret.text, generator.one_of(kAround), generator.text());
    const std::string record = cat(R"({"messages":[{"content":)", generator.written(text), "}]}");
    const ParsedRecord result = parser.parse(record);
    ASSERT_TRUE(result.ok);
    const std::string out = redacted(record, result.fields);
    const rapidjson::Document document = parsed_in_place(out);
    ASSERT_EQ(std::string(document["messages"][0]["content"].GetString()).find(secret.secret), std::string::npos)
        << text;
  }
}

}  // namespace
}  // namespace respand::record
