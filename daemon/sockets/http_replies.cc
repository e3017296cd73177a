#include "sockets/http_replies.h"

#include "respand/base/protobuf_wire.h"
#include "respand/json/writer.h"
#include "sockets/answers.h"

namespace respand::sockets {

// The cause is known of the first few only (Elements::kDescribed).
std::string results_body(const Elements& elements) {
  json::Array results;
  const auto& refused = elements.refused_indexes();
  auto next = refused.begin();
  const std::uint64_t all = elements.accepted() + elements.refused();
  for (std::uint64_t i = 0; i < all; ++i) {
    json::Object result;
    result.member("index", i);
    if (next == refused.end() || *next != i) {
      result.member("status", "success");
    } else {
      const auto n = static_cast<std::size_t>(next++ - refused.begin());
      result.member("status", "error");
      result.member("error", n < elements.faults().size()
                                 ? std::string_view(elements.faults()[n].message)
                                 : std::string_view("refused; of others in this request is said why"));
    }
    results.element(result);
  }
  return json::Object().value("results", results.text()).text();
}

std::string protobuf_status(std::string_view message) {
  constexpr std::uint64_t kMessage = 2;  // the field's number in google.rpc.Status
  constexpr std::size_t kMost = 16 * 1024 - 1;
  std::string status;
  put_field(status, kMessage, message.substr(0, kMost));
  return status;
}

HttpReply success_reply(const Elements& elements, Form form, bool protobuf) {
  switch (form) {
    case Form::kRecords:
    case Form::kSpans:
      break;
    case Form::kLogs:
      return {elements.accepted() > 0 || elements.refused() == 0 ? 200U : 400U, {}, results_body(elements)};
    case Form::kOtlp:
      return protobuf ? HttpReply{200, {}, {}, encode::kProtobuf} : HttpReply{200, {}, "{}"};
  }
  return {200, {}, std::string(kSuccessBody)};
}

HttpReply fault_reply(const Elements& elements) {
  const Elements::Fault& first = elements.faults().front();
  if (first.reason == record::Reason::kNotMaskable) {
    return {422, {}, detail_body(first.message)};
  }
  return {400, {}, elements.single() ? detail_body(first.message, first.byte) : faults_body(elements)};
}

}  // namespace respand::sockets
