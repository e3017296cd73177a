#include "sink/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>

#include "respand/base/api_route.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/record/frame.h"

namespace respand::sink {
namespace asio = boost::asio;
namespace {

using boost::system::error_code;

// A usual request fits into one read, so that its body is not copied.
constexpr std::size_t kRead = 64 * 1024;
// Memory of answers up to this size is kept for the next answers.
constexpr std::size_t kOutKept = 64 * 1024;

enum class Path : std::uint8_t { kCreate, kBatch, kRouted, kStats, kUnknown };

Path path_of(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path == "/stats") {
    return Path::kStats;
  }
  if (path.starts_with("/api/")) {
    path.remove_prefix(4);
  }
  if (path == "/request-logs/batch/create" || path == "/request-logs/bulk") {
    return Path::kBatch;
  }
  if (path.starts_with('/') && route_of(path.substr(1))) {
    return Path::kRouted;
  }
  return path == "/request-logs/create" || path == "/request-logs" ? Path::kCreate : Path::kUnknown;
}

// Of a target that is Path::kRouted.
ApiRoute routed_to(std::string_view target) {
  target = target.substr(0, target.find('?'));
  target.remove_suffix(target.ends_with('/') ? 1 : 0);
  target.remove_prefix(target.starts_with("/api/") ? 5 : 1);
  return *route_of(target);
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Shared& shared)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      shared_(shared),
      reader_(record::kMaxRecord, http1::LargeBody::kDiscard),
      in_(kRead) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  shared_.tally.connected();
}

Connection::~Connection() {
  shared_.tally.ended(open_);
  shared_.on_gone();
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(in_.data() + held_, in_.size() - held_),
                          [self = shared_from_this()](error_code failed, std::size_t size) {
                            if (failed) {
                              self->close();
                              return;
                            }
                            if (self->state_ == State::kDraining) {
                              self->read();
                              return;
                            }
                            self->held_ += size;
                            self->consume();
                          });
}

// Serves the requests that have arrived, until one of them must wait or ends the connection.
void Connection::consume() {
  std::string_view input(in_.data(), held_);
  bool more = true;
  while (more && state_ == State::kServing) {
    switch (reader_.read(input)) {
      case http1::HttpRequestReader::Step::kHead: {
        const http1::HttpRequestReader::Head& head = reader_.head();
        continue_due_ = head.expects_continue && head.has_body && !head.http_1_0;
        break;
      }
      case http1::HttpRequestReader::Step::kDone:
        continue_due_ = false;  // the body came without it
        serve();
        reader_.next();
        break;
      case http1::HttpRequestReader::Step::kMore:
        if (std::exchange(continue_due_, false)) {
          out_.append("HTTP/1.1 100 Continue\r\n\r\n");
        }
        more = false;
        break;
      case http1::HttpRequestReader::Step::kBroken:
        put_answer(out_, Verdict{.status = 400}, Ending{.close = true});
        state_ = State::kEnding;
        break;
    }
  }
  if (!input.empty()) {
    std::memmove(in_.data(), input.data(), input.size());
  }
  held_ = input.size();
  if (out_.empty()) {
    go_on();
  } else {
    shared_.turn.push_back(shared_from_this());
    shared_.end_turn_soon();
  }
}

int Connection::own_status() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  items_.clear();
  const Path path = path_of(head.target);
  const bool batch = path == Path::kBatch && shared_.script.batch() != BatchAnswers::kNone;
  if (path != Path::kCreate && path != Path::kRouted && !batch) {
    return 404;
  }
  if (!head.post) {
    return 405;
  }
  if (!shared_.script.authorised(head.authorization)) {
    return 401;
  }
  if (reader_.body_too_large()) {
    return 413;
  }
  if (!head.content_encoding.empty()) {
    return 415;
  }
  if (path == Path::kRouted) {
    return routed_status();
  }
  return batch ? batch_status() : single_status();
}

// Spans come as an array, and each of them is a record here; an OTLP export request is one record as a whole.
int Connection::routed_status() {
  const ApiRoute route = routed_to(reader_.head().target);
  if (path_of(route) == shared_.script.unknown_route()) {
    return 404;
  }
  if (is_otlp(route)) {
    if (shared_.script.refuses(reader_.body())) {
      return 422;
    }
    items_.push_back({reader_.body(), {}, true});
    return 200;
  }
  std::string_view rest = reader_.body();
  record::ElementFramer framer(record::kMaxRecord);
  while (framer.next(rest) == record::Frame::kComplete) {
    const record::ParsedRecord parsed = shared_.parser.parse(framer.frame());
    if (!parsed.ok || shared_.script.refuses(framer.frame())) {
      items_.clear();
      return parsed.ok ? 422 : 400;
    }
    // The frames are views into the body. The fields hold only until the next parse, so they are not kept.
    items_.push_back({framer.frame(), {}, true});
  }
  return items_.empty() ? 400 : 200;
}

int Connection::single_status() {
  const record::ParsedRecord parsed = shared_.parser.parse(reader_.body());
  if (!parsed.ok) {
    return 400;
  }
  items_.push_back({reader_.body(), parsed.fields, true});
  if (shared_.script.poisons(reader_.body())) {
    return 500;
  }
  return shared_.script.refuses(reader_.body()) ? 422 : 200;
}

int Connection::batch_status() {
  auto items = read_batch(reader_.body(), shared_.parser);
  if (!items) {
    return 400;
  }
  items_ = std::move(*items);
  bool all = true;
  for (Item& item : items_) {
    item.taken = item.taken && !shared_.script.refuses(item.text);
    all = all && item.taken;
  }
  return all || shared_.script.batch() != BatchAnswers::kWhole ? 200 : 422;
}

void Connection::serve() {
  const http1::HttpRequestReader::Head& head = reader_.head();
  ending_ = {.close = !head.keep_alive, .head = head.method == "HEAD"};
  if (head.method == "GET" && path_of(head.target) == Path::kStats) {
    put_json(out_, to_json(shared_.tally.stats()), ending_);
    state_ = ending_.close ? State::kEnding : State::kServing;
    return;
  }
  ++open_;
  const std::uint64_t in_flight = shared_.tally.began();
  const int status = own_status();
  verdict_ = shared_.script.judge(status, in_flight, system_clock().mono());
  verdict_.decided = system_clock().wall();
  ending_.close = ending_.close || verdict_.close;
  note();
  shared_.end_turn_soon();
  if (verdict_.delay == Duration{0}) {
    carry_out();
  } else {
    state_ = State::kDelaying;
  }
}

// Counts the request and its records, and passes them on to the outputs and the hook.
void Connection::note() {
  if (verdict_.takes_record() && path_of(reader_.head().target) == Path::kBatch) {
    verdict_.body = batch_body(items_, shared_.script.batch());
  }
  if (const std::uint32_t rejected = shared_.script.rejected_spans();
      rejected > 0 && verdict_.takes_record() && is_traces(routed_to(reader_.head().target))) {
    verdict_.body = cat(R"({"partialSuccess":{"rejectedSpans":")", rejected, R"(","errorMessage":"no"}})");
  }
  taken_.clear();
  for (const Item& item : items_) {
    if (item.taken) {
      taken_.push_back(item.fields);
    }
  }
  shared_.tally.judged(verdict_, taken_);
  if (items_.empty()) {
    shared_.outputs.print({}, verdict_);
  }
  for (const Item& item : items_) {
    shared_.outputs.print(item.fields, verdict_);
    if (item.taken && verdict_.takes_record()) {
      shared_.outputs.record(item.text);
    }
  }
  if (shared_.hook) {
    shared_.hook(Exchange{.body = reader_.body(),
                          .authorization = reader_.head().authorization,
                          .verdict = verdict_,
                          .target = reader_.head().target,
                          .content_type = reader_.head().content_type});
  }
}

void Connection::carry_out() {
  switch (verdict_.fault) {
    case Fault::kNone:
      put_answer(out_, verdict_, ending_);
      state_ = ending_.close ? State::kEnding : State::kServing;
      return;
    case Fault::kHalf:
      put_half_answer(out_, verdict_, ending_);
      state_ = State::kCutting;
      return;
    case Fault::kHang:
      // Earlier answers still go out, but this one never does. Reading on shows when the client closes.
      state_ = State::kDraining;
      return;
    case Fault::kReset: {
      error_code ignored;
      socket_.set_option(asio::socket_base::linger(true, 0), ignored);
      close();
      return;
    }
    case Fault::kClose:
      close();
      return;
  }
}

void Connection::write() {
  // A request counts as answered before the client can know it, so that a client that keeps to a limit never seems to
  // be over it. A request that is delayed or hangs stays open.
  const std::uint64_t still_open = state_ == State::kDelaying || state_ == State::kDraining ? 1 : 0;
  shared_.tally.ended(open_ - still_open);
  open_ = still_open;
  asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](error_code failed, std::size_t) {
    if (failed) {
      self->close();
    } else {
      self->on_written();
    }
  });
}

void Connection::on_written() {
  out_.clear();
  if (out_.capacity() > kOutKept) {
    out_.shrink_to_fit();
  }
  if (state_ == State::kServing) {
    consume();
  } else {
    go_on();
  }
}

// Begins the operation that the state asks for. Requires: none is pending.
void Connection::go_on() {
  error_code ignored;
  switch (state_) {
    case State::kServing:
      read();
      return;
    case State::kDelaying:
      timer_.expires_after(verdict_.delay);
      timer_.async_wait([self = shared_from_this()](error_code) {
        self->state_ = State::kServing;
        self->carry_out();
        self->consume();
      });
      return;
    case State::kEnding:
      socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      state_ = State::kDraining;
      [[fallthrough]];
    case State::kDraining:
      held_ = 0;
      read();
      return;
    case State::kCutting:
      close();
      return;
    case State::kClosed:
      return;
  }
}

void Connection::close() {
  state_ = State::kClosed;
  out_.clear();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace respand::sink
