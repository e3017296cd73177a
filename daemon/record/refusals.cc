#include "record/refusals.h"

#include "respand/base/text.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

std::string_view what_stands(char first) {
  switch (first) {
    case '[':
      return "an array where an object is expected";
    case '"':
      return "a string where an object is expected";
    case 'n':
      return "null where an object is expected";
    case 't':
    case 'f':
      return "a boolean where an object is expected";
    default:
      return "a number where an object is expected";
  }
}

std::string_view grammar_fault(rapidjson::ParseErrorCode code) {
  // Codes for what TokenStream judges cannot come here.
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
    case rapidjson::kParseErrorValueInvalid:
      return "a value is missing or misspelled";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "more text after the object";
    case rapidjson::kParseErrorObjectMissName:
      return "missing a name for an object member";
    case rapidjson::kParseErrorObjectMissColon:
      return "missing a colon after a member's name";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "missing a comma or } after an object member";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "missing a comma or ] after an array element";
    default:
      return "it cannot be read";
  }
}

}  // namespace

Refusal refuse(Reason reason, std::size_t byte, std::string_view what) {
  std::string_view prefix;
  switch (reason) {
    case Reason::kNotJson:
      prefix = "not valid JSON: ";
      break;
    case Reason::kNotUtf8:
      prefix = "not valid UTF-8: ";
      break;
    case Reason::kTooLarge:
    case Reason::kTooDeep:
    case Reason::kNotObject:
    case Reason::kNotMaskable:
      break;
  }
  return {reason, byte, cat(prefix, what, ", at byte ", byte)};
}

Refusal refuse_size(std::size_t size, Bytes limit) {
  return {Reason::kTooLarge, static_cast<std::size_t>(limit.value),
          cat(size, " bytes, over the limit of ", to_text(limit))};
}

Refusal refuse_masks() {
  return {Reason::kTooLarge, 0, cat("more than ", kMostEdits, " values to mask, as records.redact says")};
}

Refusal refuse_token(std::string_view bytes, json::Fault fault, std::size_t byte) {
  switch (fault) {
    case json::Fault::kUtf8:
      return refuse(Reason::kNotUtf8, byte, "a malformed sequence in a string");
    case json::Fault::kSurrogate:
      return refuse(Reason::kNotUtf8, byte, "a \\u escape that is half a surrogate pair");
    case json::Fault::kUnclosed:
      return refuse(Reason::kNotJson, byte, "the text ends inside a string");
    case json::Fault::kControl:
      return refuse(Reason::kNotJson, byte, "a control character in a string");
    case json::Fault::kEscape:
      return refuse(Reason::kNotJson, byte, "an unknown escape in a string");
    case json::Fault::kHex:
      return refuse(Reason::kNotJson, byte, "a \\u escape without four hexadecimal digits");
    case json::Fault::kNumber:
      return refuse(Reason::kNotJson, byte, "a malformed number");
    case json::Fault::kNone:
    case json::Fault::kNoDigit:
      break;
  }
  if (byte < bytes.size() && bytes[byte] == 'I') {  // -Infinity
    return refuse(Reason::kNotJson, byte, "NaN and Infinity are no JSON numbers");
  }
  return refuse(Reason::kNotJson, byte, "a number lacks a digit");
}

Refusal refuse_grammar(std::string_view bytes, rapidjson::ParseErrorCode code, std::size_t byte) {
  if (byte >= bytes.size()) {
    return refuse(Reason::kNotJson, bytes.size(),
                  code == rapidjson::kParseErrorDocumentEmpty ? "there is no text but white space"
                                                              : "the text ends inside the object");
  }
  if (json::utf8_length(bytes.data() + byte, bytes.data() + bytes.size()) == 0) {
    return refuse(Reason::kNotUtf8, byte, "a malformed sequence outside a string");
  }
  if (bytes[byte] == '\0') {
    return refuse(Reason::kNotJson, byte, "a NUL byte");
  }
  if (code == rapidjson::kParseErrorValueInvalid && (bytes[byte] == 'N' || bytes[byte] == 'I')) {
    return refuse(Reason::kNotJson, byte, "NaN and Infinity are no JSON numbers");
  }
  return refuse(Reason::kNotJson, byte, grammar_fault(code));
}

Refusal refuse_root(std::string_view bytes, std::size_t byte) {
  return refuse(Reason::kNotObject, byte, what_stands(bytes[byte]));
}

std::string_view name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kTooLarge:
      return "too_large";
    case Reason::kTooDeep:
      return "too_deep";
    case Reason::kNotUtf8:
      return "not_utf8";
    case Reason::kNotJson:
      return "not_json";
    case Reason::kNotObject:
      return "not_object";
    case Reason::kNotMaskable:
      return "not_maskable";
  }
  return "unknown";
}

}  // namespace respand::record
