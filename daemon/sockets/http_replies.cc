#include "sockets/http_replies.h"

#include "respand/base/text.h"
#include "respand/json/text.h"
#include "sockets/answers.h"

namespace respand::sockets {

// Only the first few refusals have their reason in the answer (Elements::kDescribed).
std::string results_body(const Elements& elements) {
  std::string body = R"({"results":[)";
  const auto& refused = elements.refused_indexes();
  auto next = refused.begin();
  const std::uint64_t all = elements.accepted() + elements.refused();
  for (std::uint64_t i = 0; i < all; ++i) {
    body.append(cat(i == 0 ? "" : ",", R"({"index":)", i, R"(,"status":)"));
    if (next == refused.end() || *next != i) {
      body.append(R"("success"})");
      continue;
    }
    const auto n = static_cast<std::size_t>(next++ - refused.begin());
    body.append(R"("error","error":)");
    json::put_string(body, n < elements.faults().size()
                               ? std::string_view(elements.faults()[n].message)
                               : std::string_view("refused; of others in this request is said why"));
    body.push_back('}');
  }
  return body + "]}";
}

std::string protobuf_status(std::string_view message) {
  constexpr char kMessage = 0x12;  // field 2, a string
  constexpr std::size_t kMost = 16 * 1024 - 1;
  message = message.substr(0, kMost);
  std::string status(1, kMessage);
  const std::size_t size = message.size();
  if (size >= 0x80) {
    status.push_back(static_cast<char>((size & 0x7FU) | 0x80U));
    status.push_back(static_cast<char>(size >> 7U));
  } else {
    status.push_back(static_cast<char>(size));
  }
  return status.append(message);
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
