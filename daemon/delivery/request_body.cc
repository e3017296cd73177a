#include "delivery/request_body.h"

#include <utility>

#include "respand/base/text.h"
#include "respand/journal/attributes.h"

namespace respand::delivery {
namespace {

constexpr BodyFrame kNone{"", ""};
constexpr BodyFrame kLogs{R"({"logs":[)", "]}"};
constexpr BodyFrame kArray{"[", "]"};

}  // namespace

BodyFrame batch_frame(ApiRoute route) { return is_spans(route) ? kArray : kLogs; }

BodyFrame single_frame(ApiRoute route) { return is_spans(route) ? kArray : kNone; }

void strip_frame(ApiRoute route, std::string& payload) {
  const BodyFrame frame = single_frame(route);
  if (payload.size() >= frame.front.size() + frame.back.size()) {
    payload.resize(payload.size() - frame.back.size());
    payload.erase(0, frame.front.size());
  }
}

http::Routed address_of(const Record& record, std::string_view key, Envelope envelope) {
  return {.path = cat(path_of(record.ref.route), envelope.query.empty() ? "" : "?", envelope.query),
          .protobuf = envelope.protobuf,
          .key = std::string(key),
          .headers = std::move(envelope.headers)};
}

Status BodyReader::append(const Record& record, std::string& body, Envelope& envelope) {
  return is_routed(record) ? append_with_envelope(record, body, envelope)
                           : journal_.append_through(window_, record.ref, body);
}

Status BodyReader::append_with_envelope(const Record& record, std::string& body, Envelope& envelope) {
  if (Status read = journal_.append_request(record.ref, attributes_, body); !read) {
    return read;
  }
  envelope = {.query = std::string(journal::find_attribute(attributes_, journal::Tag::kQuery)),
              .headers = std::string(journal::find_attribute(attributes_, journal::Tag::kHeaders)),
              .protobuf = !journal::find_attribute(attributes_, journal::Tag::kContentType).empty()};
  return {};
}

}  // namespace respand::delivery
