#include "sockets/http_server.h"

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "sockets/answers.h"
#include "sockets/http_replies.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// How the User-Agent of another respand begins.
constexpr std::string_view kRespand = "respand/";

// Counts a refused request, unless it is a read: that brings no record.
void count_bad_request(const HttpShared& shared, const HttpIntent& intent) {
  if (intent.read_path.empty()) {
    shared.count_bad_request();
  }
}

// Logs a refusal. A full journal (5xx) and a path that is not served (404) are logged elsewhere.
void log_refusal(const HttpShared& shared, const Asked& asked, const HttpReply& said, std::int64_t uid) {
  constexpr std::size_t kMostShown = 200;
  if (said.status < 500 && said.status != 404) {
    log::warning("request refused", {{"input", shared.counters.input},
                                     {"status", said.status},
                                     {"path", printable(asked.path, kMostShown)},
                                     {"why", printable(said.body, kMostShown)},
                                     {"uid", uid}});
  }
}

}  // namespace

HttpServer::HttpServer(const Shared& shared, Submitter& client, Reach reach)
    : shared_(shared),
      client_(client),
      reach_(reach),
      reader_(shared.max_record),
      body_(shared.desk.unpacked),
      elements_(shared.max_record) {}

BatchingProducer::Origin HttpServer::origin() {
  return {&client_,
          true,
          &shared_.counters,
          counts_.requests,
          intent_.asked.route->api,
          intent_.protobuf ? encode::kProtobuf : std::string_view(),
          intent_.asked.query,
          shared_.desk.masks ? std::string_view() : reader_.head().kept,  // Masks are for bodies.
          {.key = intent_.key,
           .uid = std::nullopt,
           .local = reach_ == Reach::kUnix,
           .completed = reader_.head().user_agent.starts_with(kRespand)}};
}

// A loop over the states of one request after the other: read it, hand its records in, wait for their commit, answer.
// Returns where it needs something from outside.
WaitFor HttpServer::take(std::string_view& input, std::string& out) {
  body_.note_input(input);
  for (;;) {
    switch (state_) {
      case State::kRead:
        if (const WaitFor waits_for = read(input, out); waits_for != WaitFor::kInput || state_ == State::kRead) {
          return waits_for;
        }
        break;
      case State::kWork: {
        const std::uint64_t before = elements_.marks();
        const WaitFor waits_for = elements_.step(body_.view(), shared_.producer, origin());
        counts_.pending += elements_.marks() - before;
        if (waits_for != WaitFor::kInput) {
          return waits_for;
        }
        shared_.producer.complete(&client_, counts_.requests);
        forget_body();
        state_ = State::kCommit;
        break;
      }
      case State::kCommit:
        if (counts_.pending > 0) {
          return WaitFor::kCommit;
        }
        put_answer(out);
        break;
      case State::kAsked:
        if (!read_->has_value()) {
          return WaitFor::kCommit;
        }
        finish(out, {(*read_)->status, {}, std::move((*read_)->body), (*read_)->content_type});
        read_.reset();
        break;
      case State::kRefused:
        reply(out, std::move(refusal_));
        break;
      case State::kLeaving:
        return WaitFor::kLinger;
    }
    if (out.size() >= kOutputLimit) {
      return WaitFor::kDrain;
    }
  }
}

// Reads on in the current request. When that is complete, or refused, the state has changed.
WaitFor HttpServer::read(std::string_view& input, std::string& out) {
  for (;;) {
    switch (reader_.read(input)) {
      case http1::HttpRequestReader::Step::kMore:
        return WaitFor::kInput;
      case http1::HttpRequestReader::Step::kHead:
        ++counts_.requests;
        closes_ = !reader_.head().keep_alive;
        judge_head(out);
        if (state_ != State::kRead) {
          return WaitFor::kInput;
        }
        break;
      case http1::HttpRequestReader::Step::kDone:
        begin_body();
        return WaitFor::kInput;
      case http1::HttpRequestReader::Step::kBroken:
        if (reader_.status() == 413) {
          shared_.count_rejected(record::Reason::kTooLarge);
        } else {
          count_bad_request(shared_, intent_);
        }
        closes_ = true;
        refuse_now({reader_.status(), {}, detail_body(reader_.error())});
        return WaitFor::kInput;
    }
  }
}

void HttpServer::judge_head(std::string& out) {
  const http1::HttpRequestReader::Head& head = reader_.head();
  if (HttpReply said = HeadJudge(shared_, reach_, head).judge(intent_); said.status != 0) {
    refuse(std::move(said));
  }
  if (!head.expects_continue || !head.has_body || head.http_1_0) {
    return;
  }
  if (refusal_.status == 0) {
    out.append(kContinue);
  } else {
    // The client waits for 100 Continue before it sends the body. After a refusal nobody can tell whether the body
    // still comes, so this is the last answer on the connection.
    closes_ = true;
    state_ = State::kRefused;
  }
}

void HttpServer::begin_body() {
  if (refusal_.status != 0) {
    state_ = State::kRefused;
    return;
  }
  if (!intent_.read_path.empty()) {
    ask_api();
    return;
  }
  body_.set(reader_.body());
  if (intent_.packing != http1::Packing::kNone && !unpack()) {
    return;
  }
  // An empty body is a valid request without spans in protobuf, but nothing in JSON.
  if (intent_.asked.route->form == Form::kOtlp && !intent_.protobuf && body_.view().empty()) {
    refuse_body({record::Reason::kNotJson, 0, "the body is empty"});
    return;
  }
  if (const auto broken = elements_.begin(body_.view(), intent_.asked.route->form)) {
    refuse_body(*broken);
    return;
  }
  counts_.full = counts_.stopped = 0;
  state_ = State::kWork;
}

// The callback holds weak pointers only: the answer may come when the connection is gone.
void HttpServer::ask_api() {
  if (!shared_.desk.ask_api) {  // http.forward was turned off since the head came.
    refuse_now({404, {}, detail_body(served_text(shared_.desk.routes))});
    return;
  }
  if (reader_.body().size() > kMostReadBody) {
    refuse_now({413,
                {},
                detail_body(cat("the body of a request that goes on to the API is over the limit of ",
                                to_text(Bytes{kMostReadBody})))});
    return;
  }
  const http1::HttpRequestReader::Head& head = reader_.head();
  auto place = std::make_shared<std::optional<ReadAnswer>>();
  read_ = place;
  state_ = State::kAsked;
  shared_.desk.ask_api(
      {head.method, intent_.read_path, head.authorization, head.content_type, std::string(reader_.body())},
      [place = std::weak_ptr(place), client = client_.weak_from_this()](ReadAnswer answer) {
        const auto waits = place.lock();
        const auto hears = client.lock();
        if (waits != nullptr && hears != nullptr) {
          waits->emplace(std::move(answer));
          hears->on_news();
        }
      });
  forget_body();
}

// Decompresses the body. False: it was refused.
bool HttpServer::unpack() {
  if (body_.all_unpacked() > HttpDesk::kMostUnpacked) {
    count_bad_request(shared_, intent_);
    refuse_now({503, std::string(kComeBackSoon), detail_body("too many packed bodies at once; try again soon")});
    return false;
  }
  switch (body_.unpack(intent_.packing, shared_.max_record.value)) {
    case http1::Inflated::kGood:
      break;
    case http1::Inflated::kTooLarge:
      refuse_body(
          {record::Reason::kTooLarge, 0, cat("unpacked, the body is over the limit of ", to_text(shared_.max_record))});
      return false;
    case http1::Inflated::kDamaged:
      refuse_body({record::Reason::kNotJson, 0,
                   cat("the body is not what its Content-Encoding says (", reader_.head().content_encoding, ")")});
      return false;
  }
  reader_.release_body();
  return true;
}

void HttpServer::forget_body() {
  body_.forget();
  reader_.release_body();
}

void HttpServer::refuse_now(HttpReply said) {
  refuse(std::move(said));
  state_ = State::kRefused;
}

void HttpServer::refuse_body(const record::Refusal& why) {
  shared_.count_rejected(why.reason);
  refuse({why.reason == record::Reason::kTooLarge ? 413U : 400U, {}, detail_body(why.message, why.byte)});
  forget_body();
  state_ = State::kRefused;
}

void HttpServer::refuse(HttpReply said) {
  if (said.status >= 400) {
    client_.count_refused(said.status == 404 || said.status == 405 || !intent_.read_path.empty() ? 0 : 1);
  }
  refusal_ = std::move(said);
  reader_.discard_body();
}

void HttpServer::put_answer(std::string& out) {
  client_.count_refused(elements_.refused() + elements_.refused_full());
  if (counts_.stopped > 0) {
    closes_ = true;
    reply(out, {503, std::string(kRetryAfter), detail_body(kStoppingMessage)});
  } else if (counts_.full + elements_.refused_full() > 0) {
    reply(out, {503, std::string(kRetryAfter), detail_body(kFullMessage)});
  } else if (elements_.refused() == 0 || intent_.asked.route->form == Form::kLogs) {
    reply(out, success_reply(elements_, intent_.asked.route->form, intent_.protobuf));
  } else {
    reply(out, fault_reply(elements_));
  }
}

void HttpServer::reply(std::string& out, HttpReply said) {
  if (said.status >= 400) {
    shared_.desk.refusals.count(said.status, label_of(intent_.asked));
    log_refusal(shared_, intent_.asked, said, client_.uid());
    if (intent_.protobuf) {
      said.type = encode::kProtobuf;
      said.body = protobuf_status(said.body);
    }
  }
  if (reader_.head().method == "HEAD") {
    said.body.clear();
  }
  finish(out, said);
}

void HttpServer::finish(std::string& out, const HttpReply& said) {
  const Connected connected = closes_                   ? Connected::kCloses
                              : reader_.head().http_1_0 ? Connected::kStaysOld
                                                        : Connected::kStays;
  put_http(out, said.status, connected, said.headers + intent_.allow_origin, said.body, said.type);
  ++counts_.answered;
  refusal_ = {};
  intent_.asked = {};
  intent_.protobuf = false;
  state_ = State::kRead;
  if (closes_) {
    state_ = State::kLeaving;
    return;
  }
  reader_.next();
}

WaitFor HttpServer::end(std::string& out) {
  std::string_view none;
  switch (state_) {
    case State::kRead:
      if (reader_.in_request()) {
        count_bad_request(shared_, intent_);
      }
      return WaitFor::kClose;
    case State::kWork:
    case State::kCommit:
    case State::kAsked:
    case State::kRefused:
      closes_ = true;
      return take(none, out);
    case State::kLeaving:
      return WaitFor::kClose;
  }
  return WaitFor::kClose;
}

WaitFor HttpServer::time_out(std::string& out) {
  if (refusal_.status == 0) {
    count_bad_request(shared_, intent_);
  }
  closes_ = true;
  refuse({408, {}, detail_body("the request did not come in time")});
  reply(out, std::move(refusal_));
  return WaitFor::kLinger;
}

WaitFor HttpServer::stop(std::string& out) { return state_ == State::kRead ? WaitFor::kClose : end(out); }

bool HttpServer::leave(ConnectionState& connection_state) const {
  const bool waits = state_ == State::kWork && elements_.untouched() && counts_.pending == 0;
  if ((state_ != State::kRead && !waits) || refusal_.status != 0) {
    return false;
  }
  connection_state.speaks = Speaks::kHttp;
  connection_state.input = reader_.so_far(body_.view(), body_.is_unpacked());
  return true;
}

void HttpServer::committed(const PendingAck& pending, journal::CommitResult outcome) {
  --counts_.pending;
  switch (outcome) {
    case journal::CommitResult::kDurable:
      break;
    case journal::CommitResult::kFull:
      counts_.full += pending.records;
      break;
    case journal::CommitResult::kStopped:
      counts_.stopped += pending.records;
      break;
  }
}

}  // namespace respand::sockets
