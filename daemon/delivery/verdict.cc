#include "delivery/verdict.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

// How much of an answer's body or a failure's detail is shown in a log line or in the status.
constexpr std::size_t kMaxDetail = 200;

constexpr int kUnsupportedMediaType = 415;

// Only 400, 413 and 422 are the API's word on a record. Any other 4xx may come from a proxy, a gateway or a firewall on
// the way, which knows nothing of records.
constexpr std::array kTable = {
    StatusRow{100, 199, Fault::kMoment, "no final answer: the connection is broken"},
    StatusRow{200, 299, Fault::kNobody, "taken"},
    StatusRow{300, 399, Fault::kUpstream, "moved: redirects are not followed, the key would go along"},
    StatusRow{400, 400, Fault::kRecord, "the API finds the record wrong"},
    StatusRow{401, 401, Fault::kUpstream, "the key is wrong"},
    StatusRow{402, 402, Fault::kUpstream, "the account must be paid"},
    StatusRow{403, 403, Fault::kUpstream, "the key may not do this"},
    StatusRow{404, 404, Fault::kUpstream, "the URL is wrong"},
    StatusRow{405, 405, Fault::kUpstream, "the URL is wrong"},
    StatusRow{406, 406, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{407, 407, Fault::kUpstream, "the proxy wants a user and a password"},
    StatusRow{408, 408, Fault::kMoment, "the request took too long to arrive"},
    StatusRow{409, 412, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{413, 413, Fault::kRecord, "the record is too large"},
    StatusRow{414, 420, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{421, 421, Fault::kUpstream, "the request went to a server that does not serve this host"},
    StatusRow{422, 422, Fault::kRecord, "the API finds the record invalid"},
    StatusRow{423, 424, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{425, 425, Fault::kMoment, "too early"},
    StatusRow{426, 426, Fault::kUpstream, "the server wants another protocol"},
    StatusRow{427, 427, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{428, 428, Fault::kUpstream, "the server wants a conditional request"},
    StatusRow{429, 429, Fault::kMoment, "too many requests"},
    StatusRow{430, 430, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{431, 431, Fault::kUpstream, "the headers are too large, and they are the same for every record"},
    StatusRow{432, 450, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{451, 451, Fault::kUpstream, "the API is blocked here"},
    StatusRow{452, 498, Fault::kDoubtful, "refused, and it is not said for what"},
    StatusRow{499, 499, Fault::kUpstream, "a proxy on the way gave up or wants a token"},
    StatusRow{500, 510, Fault::kMoment, "the API fails"},
    StatusRow{511, 511, Fault::kUpstream, "the network wants a login"},
    StatusRow{512, 599, Fault::kMoment, "the API fails"},
};

Fault of_status(int status) noexcept {
  const auto* const row =
      std::find_if(kTable.begin(), kTable.end(), [status](const StatusRow& each) { return status <= each.last; });
  return row != kTable.end() && status >= row->first ? row->fault : Fault::kMoment;
}

bool names(const std::vector<std::uint16_t>& statuses, int status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

}  // namespace

std::string_view name_of(Fault fault) noexcept {
  switch (fault) {
    case Fault::kNobody:
      return "nobody";
    case Fault::kRecord:
      return "record";
    case Fault::kDoubtful:
      return "record, unless nothing else goes through";
    case Fault::kUpstream:
      return "destination";
    case Fault::kMoment:
      return "moment";
  }
  return {};
}

std::span<const StatusRow> status_table() noexcept { return kTable; }

Fault fault_of(http::Failure failure, int status, const StatusOverrides& overrides) noexcept {
  switch (failure) {
    case http::Failure::kNone:
      // A status that the operator calls permanent may still mean a wrong upstream, so a run of it pauses delivery.
      return names(overrides.transient, status) ? Fault::kMoment
             : names(overrides.permanent, status)
                 ? (of_status(status) == Fault::kRecord ? Fault::kRecord : Fault::kDoubtful)
                 : of_status(status);
    case http::Failure::kConnect:
    case http::Failure::kTimeout:
    case http::Failure::kBroken:
      return Fault::kMoment;
    case http::Failure::kResolve:
    case http::Failure::kCertificate:
      return Fault::kUpstream;
  }
  return Fault::kMoment;
}

Fault fault_of(const http::Answer& answer, const StatusOverrides& overrides) noexcept {
  const bool compression = is_about_compression(cause_of(answer));
  const bool overridden = names(overrides.permanent, answer.status) || names(overrides.transient, answer.status);
  return compression && !overridden ? Fault::kUpstream : fault_of(answer.failure, answer.status, overrides);
}

Verdict verdict_of(Fault fault) noexcept {
  switch (fault) {
    case Fault::kNobody:
      return Verdict::kDelivered;
    case Fault::kRecord:
    case Fault::kDoubtful:
      return Verdict::kRecordWrong;
    case Fault::kUpstream:
      return Verdict::kUpstreamWrong;
    case Fault::kMoment:
      return Verdict::kTransient;
  }
  return Verdict::kTransient;
}

Cause cause_of(const http::Answer& answer) noexcept { return {answer.failure, answer.status, answer.compressed}; }

bool is_about_compression(const Cause& cause) noexcept {
  return cause.compressed && cause.failure == http::Failure::kNone && cause.status == kUnsupportedMediaType;
}

std::string code_of(http::Failure failure, int status) {
  return failure == http::Failure::kNone ? std::to_string(status) : std::string(name_of(failure));
}

std::string describe(const http::Answer& answer) {
  const bool answered = answer.failure == http::Failure::kNone;
  const std::string& said = answer.message.empty() ? answer.body : answer.message;
  const std::string text = printable(answered ? said : answer.detail, kMaxDetail);
  const std::string_view hint = is_about_compression(cause_of(answer)) ? " (api.compression is gzip)" : "";
  return text.empty() ? cat(code_of(answer), hint) : cat(code_of(answer), ": ", text, hint);
}

bool is_too_many(const http::Answer& answer) noexcept {
  constexpr int kTooManyRequests = 429;
  return answer.failure == http::Failure::kNone && answer.status == kTooManyRequests;
}

bool may_be_overload(const http::Answer& answer) noexcept {
  return answer.failure == http::Failure::kTimeout ||
         (answer.failure == http::Failure::kNone && (answer.status == 408 || answer.status / 100 == 5));
}

}  // namespace respand::delivery
