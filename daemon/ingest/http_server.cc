#include "ingest/http_server.h"

#include "ingest/answers.h"
#include "respand/base/text.h"

namespace respand::ingest {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kAllow = "Allow: POST\r\n";
// Seconds. A full journal drains at the network's pace; sooner is of no use.
constexpr std::string_view kRetryAfter = "Retry-After: 5\r\n";
constexpr std::string_view kStoppingMessage = "respand is stopping; try again later";

// Whether the target is one of /api/request-logs/create, /api/request-logs, with or without /api and the last slash. Of
// an absolute form (RFC 9112, 3.2.2) the path counts; a query is passed over.
bool ours(std::string_view target) {
  if (target.starts_with("http://") || target.starts_with("https://")) {
    target.remove_prefix(target.find("//") + 2);
    target.remove_prefix(std::min(target.find('/'), target.size()));
  }
  target = target.substr(0, target.find('?'));
  if (target.starts_with("/api/")) {
    target.remove_prefix(4);
  }
  if (target.ends_with('/')) {
    target.remove_suffix(1);
  }
  return target == "/request-logs/create" || target == "/request-logs";
}

}  // namespace

HttpServer::HttpServer(const Shared& shared, Client& client)
    : shared_(shared), client_(client), reader_(shared.max_record), elements_(shared.max_record) {}

Need HttpServer::take(std::string_view& input, std::string& out) {
  given_ = input;
  for (;;) {
    switch (state_) {
      case State::kRead:
        if (const Need need = read(input, out); need != Need::kInput || state_ == State::kRead) {
          return need;
        }
        break;
      case State::kWork: {
        const Door::Origin origin{&client_, true, &shared_.counters, request_};
        const std::uint64_t before = elements_.marks();
        const Need need = elements_.step(body_.view(), shared_.door, origin);
        marks_ += elements_.marks() - before;
        if (need != Need::kInput) {
          return need;
        }
        shared_.door.complete(&client_, request_);
        body_.clear();
        reader_.release_body();
        state_ = State::kSettle;
        break;
      }
      case State::kSettle:
        if (marks_ > 0) {
          return Need::kSettle;
        }
        put_answer(out);
        break;
      case State::kRefused:
        reply(out, refusal_, refusal_headers_, refusal_body_);
        break;
      case State::kLeaving:
        return Need::kLinger;
    }
    if (out.size() >= kOutputLimit) {
      return Need::kDrain;
    }
  }
}

// Reads on in the request at hand. Where it is complete the state has changed.
Need HttpServer::read(std::string_view& input, std::string& out) {
  for (;;) {
    switch (reader_.read(input)) {
      case HttpRequestReader::Step::kMore:
        return Need::kInput;
      case HttpRequestReader::Step::kHead:
        ++request_;
        closes_ = !reader_.head().keep_alive;
        judge_head(out);
        if (state_ != State::kRead) {
          return Need::kInput;
        }
        break;
      case HttpRequestReader::Step::kDone:
        begin_body();
        return Need::kInput;
      case HttpRequestReader::Step::kBroken:
        shared_.counters.received.add();
        if (reader_.status() == 413) {
          shared_.counters.rejected(record::Reason::kTooLarge);
        } else {
          shared_.counters.rejected_request.add();
        }
        closes_ = true;
        refusal_ = 0;
        refuse(reader_.status(), {}, detail_body(reader_.error()));
        state_ = State::kRefused;
        return Need::kInput;
    }
  }
}

void HttpServer::judge_head(std::string& out) {
  const HttpRequestReader::Head& head = reader_.head();
  if (!ours(head.target)) {
    refuse(404, {}, detail_body("not found: records are posted to /api/request-logs/create/"));
  } else if (!head.post) {
    refuse(405, kAllow, detail_body("records are handed over with POST"));
  } else if (head.expects_unknown) {
    shared_.counters.received.add();
    shared_.counters.rejected_request.add();
    refuse(417, {}, detail_body("of expectations only 100-continue is known"));
  } else if (head.encoded) {
    shared_.counters.received.add();
    shared_.counters.rejected_request.add();
    refuse(415, {}, detail_body("a compressed body is not understood: send it as it is"));
  } else if (!shared_.door.accepting()) {
    shared_.counters.received.add();
    shared_.counters.rejected_full.add();
    refuse(503, kRetryAfter, detail_body(kFullMessage));
  }
  if (!head.expects_continue || !head.has_body || head.http_1_0) {
    return;
  }
  if (refusal_ == 0) {
    out.append(kContinue);
  } else {
    // The client waits for a word before it sends the body; whether it then sends it is open, so this is the last
    // answer.
    closes_ = true;
    state_ = State::kRefused;
  }
}

void HttpServer::begin_body() {
  if (refusal_ != 0) {
    state_ = State::kRefused;
    return;
  }
  body_.set(reader_.body());
  if (const auto broken = elements_.begin(body_.view())) {
    shared_.counters.received.add();
    shared_.counters.rejected(broken->reason);
    const bool lines = broken->message.find("more text after the object") != std::string::npos;
    refuse(broken->reason == record::Reason::kTooLarge ? 413 : 400, {},
           detail_body(cat(broken->message, lines ? "; over HTTP send an array, lines go to the socket" : ""),
                       broken->byte));
    body_.clear();
    reader_.release_body();
    state_ = State::kRefused;
    return;
  }
  full_ = stopped_ = 0;
  state_ = State::kWork;
}

void HttpServer::refuse(unsigned status, std::string_view headers, std::string body) {
  client_.count_refused(status == 404 || status == 405 ? 0 : 1);
  refusal_ = status;
  refusal_headers_ = headers;
  refusal_body_ = std::move(body);
  reader_.discard_body();
}

void HttpServer::put_answer(std::string& out) {
  client_.count_refused(elements_.refused() + elements_.refused_full());
  if (stopped_ > 0) {
    closes_ = true;
    reply(out, 503, kRetryAfter, detail_body(kStoppingMessage));
  } else if (full_ + elements_.refused_full() > 0) {
    reply(out, 503, kRetryAfter, detail_body(kFullMessage));
  } else if (elements_.refused() == 0) {
    reply(out, 200, {}, kSuccessBody);
  } else if (elements_.single()) {
    reply(out, 400, {}, detail_body(elements_.faults().front().message, elements_.faults().front().byte));
  } else {
    reply(out, 400, {}, faults_body(elements_));
  }
}

void HttpServer::reply(std::string& out, unsigned status, std::string_view headers, std::string_view body) {
  const Connected connected = closes_                   ? Connected::kCloses
                              : reader_.head().http_1_0 ? Connected::kStaysOld
                                                        : Connected::kStays;
  put_http(out, status, connected, headers, body);
  ++completed_;
  refusal_ = 0;
  refusal_body_ = std::string();
  state_ = State::kRead;
  if (closes_) {
    state_ = State::kLeaving;
    return;
  }
  reader_.next();
}

Need HttpServer::end(std::string& out) {
  std::string_view none;
  switch (state_) {
    case State::kRead:
      if (reader_.in_request()) {
        shared_.counters.received.add();
        shared_.counters.rejected_request.add();
      }
      return Need::kClose;
    case State::kWork:
    case State::kSettle:
    case State::kRefused:
      closes_ = true;
      return take(none, out);
    case State::kLeaving:
      return Need::kClose;
  }
  return Need::kClose;
}

Need HttpServer::time_out(std::string& out) {
  if (refusal_ == 0) {
    shared_.counters.received.add();
    shared_.counters.rejected_request.add();
  }
  closes_ = true;
  refuse(408, {}, detail_body("the request did not come in time"));
  reply(out, refusal_, refusal_headers_, refusal_body_);
  return Need::kLinger;
}

Need HttpServer::stop(std::string& out) { return state_ == State::kRead ? Need::kClose : end(out); }

bool HttpServer::leave(Baton& baton) const {
  const bool waits = state_ == State::kWork && elements_.untouched() && marks_ == 0;
  if ((state_ != State::kRead && !waits) || refusal_ != 0) {
    return false;
  }
  baton.speaks = Speaks::kHttp;
  baton.input = reader_.so_far(body_.view());
  return true;
}

void HttpServer::settled(const Mark& mark, journal::Outcome outcome) {
  --marks_;
  switch (outcome) {
    case journal::Outcome::kDurable:
      break;
    case journal::Outcome::kFull:
      full_ += mark.records;
      break;
    case journal::Outcome::kStopped:
      stopped_ += mark.records;
      break;
  }
}

}  // namespace respand::ingest
