#include "sockets/http_server.h"

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "sockets/answers.h"
#include "sockets/http_replies.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

HttpServer::HttpServer(const Shared& shared, Submitter& client, Reach reach)
    : shared_(shared), client_(client), reach_(reach), reader_(shared.max_record), elements_(shared.max_record) {}

HttpServer::~HttpServer() { forget_body(); }

BatchingProducer::Origin HttpServer::origin() {
  return {&client_,
          true,
          &shared_.counters,
          request_,
          asked_.route->api,
          protobuf_ ? encode::kProtobuf : std::string_view(),
          asked_.query,
          shared_.desk.masks ? std::string_view() : reader_.head().kept,  // Masks are for bodies.
          {.key = key_, .uid = std::nullopt, .local = reach_ == Reach::kUnix}};
}

WaitFor HttpServer::take(std::string_view& input, std::string& out) {
  given_ = input;
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
        pending_acks_ += elements_.marks() - before;
        if (waits_for != WaitFor::kInput) {
          return waits_for;
        }
        shared_.producer.complete(&client_, request_);
        forget_body();
        state_ = State::kCommit;
        break;
      }
      case State::kCommit:
        if (pending_acks_ > 0) {
          return WaitFor::kCommit;
        }
        put_answer(out);
        break;
      case State::kAsked:
        if (!read_->has_value()) {
          return WaitFor::kCommit;
        }
        put_read(out);
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

// Reads on in the request at hand. Where it is complete the state has changed.
WaitFor HttpServer::read(std::string_view& input, std::string& out) {
  for (;;) {
    switch (reader_.read(input)) {
      case http1::HttpRequestReader::Step::kMore:
        return WaitFor::kInput;
      case http1::HttpRequestReader::Step::kHead:
        ++request_;
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
          reject(record::Reason::kTooLarge);
        } else {
          reject_request();
        }
        closes_ = true;
        refuse({reader_.status(), {}, detail_body(reader_.error())});
        state_ = State::kRefused;
        return WaitFor::kInput;
    }
  }
}

void HttpServer::judge_head(std::string& out) {
  const http1::HttpRequestReader::Head& head = reader_.head();
  asked_ = asked(head.target, shared_.desk.routes);
  protobuf_ = false;
  allow_origin_.clear();
  packing_ = http1::Packing::kNone;
  key_.reset();
  read_path_.clear();
  Reply said = judge_sender();
  if (said.status == 0) {
    said = judge_target();
  }
  if (said.status == 0) {
    said = judge_key();
  }
  if (said.status == 0) {
    said = read_path_.empty() ? judge_body() : judge_read();
  }
  if (said.status != 0) {
    refuse(std::move(said));
  }
  if (!head.expects_continue || !head.has_body || head.http_1_0) {
    return;
  }
  if (refusal_.status == 0) {
    out.append(kContinue);
  } else {
    // The client waits for a word before it sends the body; whether it then sends it is open, so this is the last
    // answer.
    closes_ = true;
    state_ = State::kRefused;
  }
}

void HttpServer::begin_body() {
  if (refusal_.status != 0) {
    state_ = State::kRefused;
    return;
  }
  if (!read_path_.empty()) {
    ask_api();
    return;
  }
  body_.set(reader_.body());
  if (packing_ != http1::Packing::kNone && !unpack()) {
    return;
  }
  // Of no bytes at all protobuf makes a request without spans, and JSON nothing.
  if (asked_.route->form == Form::kOtlp && !protobuf_ && body_.view().empty()) {
    refuse_body({record::Reason::kNotJson, 0, "the body is empty"});
    return;
  }
  if (const auto broken = elements_.begin(body_.view(), asked_.route->form)) {
    refuse_body(*broken);
    return;
  }
  full_ = stopped_ = 0;
  state_ = State::kWork;
}

// The answer may come when this is gone, and its connection with it.
void HttpServer::ask_api() {
  if (!shared_.desk.ask_api) {  // http.forward was turned off since the head came.
    refuse({404, {}, detail_body(served_text(shared_.desk.routes))});
    state_ = State::kRefused;
    return;
  }
  if (reader_.body().size() > kMostReadBody) {
    refuse({413,
            {},
            detail_body(cat("the body of a request that goes on to the API is over the limit of ",
                            to_text(Bytes{kMostReadBody})))});
    state_ = State::kRefused;
    return;
  }
  const http1::HttpRequestReader::Head& head = reader_.head();
  auto place = std::make_shared<std::optional<ReadAnswer>>();
  read_ = place;
  state_ = State::kAsked;
  shared_.desk.ask_api({head.method, read_path_, head.authorization, head.content_type, std::string(reader_.body())},
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

void HttpServer::put_read(std::string& out) {
  const ReadAnswer answer = std::move(**read_);
  read_.reset();
  finish(out, {answer.status, {}, answer.body, answer.content_type});
}

// False where it was refused.
bool HttpServer::unpack() {
  if (*all_unpacked_ > HttpDesk::kMostUnpacked) {
    reject_request();
    refuse({503, std::string(kComeBackSoon), detail_body("too many packed bodies at once; try again soon")});
    state_ = State::kRefused;
    return false;
  }
  switch (http1::inflate_body(packing_, body_.view(), shared_.max_record.value, unpacked_)) {
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
  body_.clear();
  body_.set(unpacked_);
  *all_unpacked_ += unpacked_.capacity();
  return true;
}

void HttpServer::forget_body() {
  *all_unpacked_ -= unpacked_.empty() ? 0 : std::min(*all_unpacked_, unpacked_.capacity());
  std::string().swap(unpacked_);  // An assignment would keep the memory.
  body_.clear();
  reader_.release_body();
}

void HttpServer::refuse_body(const record::Refusal& why) {
  reject(why.reason);
  refuse({why.reason == record::Reason::kTooLarge ? 413U : 400U, {}, detail_body(why.message, why.byte)});
  forget_body();
  state_ = State::kRefused;
}

void HttpServer::reject(record::Reason reason) const {
  shared_.counters.received.add();
  shared_.counters.rejected(reason);
}

// A read brings no record that could be refused.
void HttpServer::reject_request() const {
  if (!read_path_.empty()) {
    return;
  }
  shared_.counters.received.add();
  shared_.counters.rejected_request.add();
}

void HttpServer::refuse(Reply said) {
  if (said.status >= 400) {
    client_.count_refused(said.status == 404 || said.status == 405 || !read_path_.empty() ? 0 : 1);
  }
  refusal_ = std::move(said);
  reader_.discard_body();
}

void HttpServer::put_answer(std::string& out) {
  client_.count_refused(elements_.refused() + elements_.refused_full());
  if (stopped_ > 0) {
    closes_ = true;
    reply(out, {503, std::string(kRetryAfter), detail_body(kStoppingMessage)});
  } else if (full_ + elements_.refused_full() > 0) {
    reply(out, {503, std::string(kRetryAfter), detail_body(kFullMessage)});
  } else if (elements_.refused() == 0 || asked_.route->form == Form::kLogs) {
    reply(out, success());
  } else if (elements_.faults().front().reason == record::Reason::kNotMaskable) {
    reply(out, {422, {}, detail_body(elements_.faults().front().message)});
  } else if (elements_.single()) {
    reply(out, {400, {}, detail_body(elements_.faults().front().message, elements_.faults().front().byte)});
  } else {
    reply(out, {400, {}, faults_body(elements_)});
  }
}

// What each kind of client wants to hear.
HttpServer::Reply HttpServer::success() const {
  switch (asked_.route->form) {
    case Form::kRecords:
    case Form::kSpans:
      break;
    case Form::kLogs:
      return {elements_.accepted() > 0 || elements_.refused() == 0 ? 200U : 400U, {}, results_body(elements_)};
    case Form::kOtlp:
      return protobuf_ ? Reply{200, {}, {}, encode::kProtobuf} : Reply{200, {}, "{}"};
  }
  return {200, {}, std::string(kSuccessBody)};
}

// What the journal or a path that is not served has to say about it is said elsewhere.
void HttpServer::log_refusal(const Reply& said) const {
  constexpr std::size_t kMostText = 200;
  if (said.status < 500 && said.status != 404) {
    log::warning("request refused", {{"input", shared_.counters.input},
                                     {"status", said.status},
                                     {"path", printable(asked_.path, kMostText)},
                                     {"why", printable(said.body, kMostText)},
                                     {"uid", client_.uid()}});
  }
}

void HttpServer::reply(std::string& out, Reply said) {
  if (said.status >= 400) {
    shared_.desk.refusals.count(said.status, label_of(asked_));
    log_refusal(said);
    if (protobuf_) {
      said.type = encode::kProtobuf;
      said.body = protobuf_status(said.body);
    }
  }
  if (reader_.head().method == "HEAD") {
    said.body.clear();
  }
  finish(out, said);
}

void HttpServer::finish(std::string& out, const Reply& said) {
  const Connected connected = closes_                   ? Connected::kCloses
                              : reader_.head().http_1_0 ? Connected::kStaysOld
                                                        : Connected::kStays;
  put_http(out, said.status, connected, said.headers + allow_origin_, said.body, said.type);
  ++completed_;
  refusal_ = {};
  asked_ = {};
  protobuf_ = false;
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
        reject_request();
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
    reject_request();
  }
  closes_ = true;
  refuse({408, {}, detail_body("the request did not come in time")});
  reply(out, std::move(refusal_));
  return WaitFor::kLinger;
}

WaitFor HttpServer::stop(std::string& out) { return state_ == State::kRead ? WaitFor::kClose : end(out); }

bool HttpServer::leave(ConnectionState& connection_state) const {
  const bool waits = state_ == State::kWork && elements_.untouched() && pending_acks_ == 0;
  if ((state_ != State::kRead && !waits) || refusal_.status != 0) {
    return false;
  }
  connection_state.speaks = Speaks::kHttp;
  connection_state.input = reader_.so_far(body_.view(), !unpacked_.empty());
  return true;
}

void HttpServer::committed(const PendingAck& pending, journal::CommitResult outcome) {
  --pending_acks_;
  switch (outcome) {
    case journal::CommitResult::kDurable:
      break;
    case journal::CommitResult::kFull:
      full_ += pending.records;
      break;
    case journal::CommitResult::kStopped:
      stopped_ += pending.records;
      break;
  }
}

}  // namespace respand::sockets
