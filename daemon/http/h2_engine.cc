#include "http/h2_engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "respand/base/text.h"

namespace respand::http {
namespace {

// As often a request that the server has not processed goes again, as RFC 9113 permits, before the caller hears of it.
constexpr int kMostTries = 4;
// After a connection that could not be made beside good ones.
constexpr Duration kConnectAgain = std::chrono::seconds{1};
// How much is kept of what is said of a failure.
constexpr std::size_t kMaxWhy = 200;

// Whether it takes requests, or will.
bool useful_connection(H2Connection& connection) {
  return connection.connecting() || (connection.open() && !connection.session().draining());
}

}  // namespace

H2Engine::H2Engine(H2Route route, Poller& poller, const Clock& clock)
    : route_(std::move(route)), poller_(poller), clock_(clock), access_(route_, poller) {}

std::size_t H2Engine::streams_each() const { return std::max<std::size_t>(1, streams_known_); }

std::size_t H2Engine::capacity() const {
  return std::max<std::size_t>(1, route_.target().max_connections) * streams_each();
}

void H2Engine::start(Post post) {
  Exchange& exchange = exchanges_.add(std::move(post), route_.route(), clock_.mono());
  if (!exchange.no_memory) {  // That one is given up at the next look.
    waiting_.push_back(&exchange);
  }
}

void H2Engine::leave() {
  for (const ConnectionPtr& connection : connections_) {
    connection->leave();
  }
}

void H2Engine::flush(std::vector<Answer>& out) {
  const MonoTime now = clock_.mono();
  assign(now, out);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i]->flush(now);
    collect(*connections_[i], now, out);
  }
  remove_closed(now, out);
}

void H2Engine::assign(MonoTime now, std::vector<Answer>& out) {
  for (std::size_t i = 0; i < connections_.size() && !waiting_.empty(); ++i) {
    H2Connection& connection = *connections_[i];
    for (std::size_t room = connection.room(now); room > 0 && !waiting_.empty(); --room) {
      Exchange& exchange = *waiting_.front();
      if (!connection.submit(exchange, fields_.of(route_, exchange.post, exchange.body.size()), now)) {
        exchange.begin_again();
        break;
      }
      waiting_.pop_front();
    }
  }
  connect_if_needed(now, out);
}

// Connections are filled before another one is made.
void H2Engine::connect_if_needed(MonoTime now, std::vector<Answer>& out) {
  if (waiting_.empty() || access_.asking()) {
    return;
  }
  std::size_t useful = 0;
  bool connecting = false;
  for (const ConnectionPtr& connection : connections_) {
    useful += useful_connection(*connection) ? 1U : 0U;
    connecting = connecting || connection->connecting();
  }
  if (useful > 0 && now < connect_again_) {
    return;
  }
  std::size_t needed = 1;
  if (streams_known_ > 0) {
    // Where streams are left, and requests wait all the same, a server takes no more bytes on its connections: one
    // more.
    needed = std::max((exchanges_.size() + streams_each() - 1) / streams_each(), connecting ? 0 : useful + 1);
  }
  const std::size_t most = std::max<std::size_t>(1, route_.target().max_connections);
  while (useful < needed && connections_.size() < most && !waiting_.empty()) {
    switch (access_.prepare(now)) {
      case ServerAccess::State::kAsking:
        return;
      case ServerAccess::State::kFailed:
        if (useful == 0) {
          fail_waiting(access_.failure(), access_.why(), now, out);
        }
        connect_again_ = now + kConnectAgain;
        return;
      case ServerAccess::State::kReady:
        connections_.push_back(
            std::make_unique<H2Connection>(route_, access_.tls(), access_.addresses(), poller_, *scratch_, now));
        ++useful;
    }
  }
}

void H2Engine::take_addresses(MonoTime now, std::vector<Answer>& out) {
  switch (access_.take_addresses(now)) {
    case ServerAccess::State::kAsking:
      return;
    case ServerAccess::State::kReady:
      connect_if_needed(now, out);
      return;
    case ServerAccess::State::kFailed:
      if (std::none_of(connections_.begin(), connections_.end(),
                       [](const ConnectionPtr& one) { return useful_connection(*one); })) {
        fail_waiting(access_.failure(), access_.why(), now, out);
      }
      connect_again_ = now + kConnectAgain;
  }
}

bool H2Engine::on_event(int fd, std::vector<Answer>& out) {
  if (access_.owns(fd)) {
    take_addresses(clock_.mono(), out);
    return true;
  }
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [fd](const ConnectionPtr& connection) { return connection->owns(fd); });
  if (found == connections_.end()) {
    return false;
  }
  const MonoTime now = clock_.mono();
  (*found)->on_event(fd, now);
  collect(**found, now, out);
  if ((*found)->closed()) {
    remove_closed(now, out);
  }
  return true;
}

// Takes the exchanges that have ended on a connection.
void H2Engine::collect(H2Connection& connection, MonoTime now, std::vector<Answer>& out) {
  if (connection.open()) {
    streams_known_ = std::max<std::size_t>(1, connection.session().most_streams());
  }
  std::vector<H2Session::Ended>& ended = connection.session().ended();
  for (const H2Session::Ended& one : ended) {
    end(one, now, out);
  }
  ended.clear();
}

void H2Engine::end(const H2Session::Ended& ended, MonoTime now, std::vector<Answer>& out) {
  Exchange& exchange = *ended.exchange;
  switch (ended.end) {
    case H2Session::End::kAnswered:
      answer(exchange, Failure::kNone, {}, now, out);
      return;
    case H2Session::End::kWantsHttp11:
      hand_back(exchange);
      return;
    case H2Session::End::kNotProcessed:
      if (++exchange.tries < kMostTries) {
        exchange.begin_again();
        waiting_.push_back(&exchange);
        return;
      }
      answer(exchange, Failure::kBroken, "the server refuses the stream", now, out);
      return;
    case H2Session::End::kReset:
      answer(exchange, Failure::kBroken,
             exchange.too_large ? "the headers of the answer are too large"
                                : cat("the stream was reset: ", ::nghttp2_http2_strerror(ended.code)),
             now, out);
      return;
  }
}

void H2Engine::remove_closed(MonoTime now, std::vector<Answer>& out) {
  for (std::size_t i = 0; i < connections_.size();) {
    if (!connections_[i]->closed()) {
      ++i;
      continue;
    }
    const ConnectionPtr closed = std::move(connections_[i]);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
    collect(*closed, now, out);
    on_closed(*closed, now, out);
  }
}

void H2Engine::on_closed(const H2Connection& connection, MonoTime now, std::vector<Answer>& out) {
  exchanges_.for_each([&](Exchange& exchange) {
    if (exchange.connection == &connection) {
      answer(exchange, connection.failure() == Failure::kNone ? Failure::kBroken : connection.failure(),
             connection.why(), now, out);
    }
  });
  const bool was_open = connection.was_open();
  const bool others = std::any_of(connections_.begin(), connections_.end(),
                                  [](const ConnectionPtr& other) { return useful_connection(*other); });
  if (connection.refused_h2()) {
    streams_known_ = 0;
    hand_back_waiting();
  } else if (!was_open && !others) {
    fail_waiting(connection.failure(), connection.why(), now, out);
  } else if (!was_open) {
    connect_again_ = now + kConnectAgain;
  }
}

void H2Engine::hand_back(Exchange& exchange) {
  handed_back_.push_back(std::move(exchange.post));
  exchanges_.remove(exchange);
}

void H2Engine::hand_back_waiting() {
  for (Exchange* exchange : waiting_) {
    hand_back(*exchange);
  }
  waiting_.clear();
}

void H2Engine::fail_waiting(Failure failure, std::string_view why, MonoTime now, std::vector<Answer>& out) {
  const std::deque<Exchange*> waiting = std::exchange(waiting_, {});
  for (Exchange* exchange : waiting) {
    answer(*exchange, failure == Failure::kNone ? Failure::kBroken : failure, why, now, out);
  }
}

MonoTime H2Engine::due() const {
  MonoTime first = std::min(exchanges_.due(), access_.due());
  if (!waiting_.empty() && connect_again_ > MonoTime{}) {
    first = std::min(first, connect_again_);
  }
  for (const ConnectionPtr& connection : connections_) {
    first = std::min(first, connection->due());
  }
  return first;
}

void H2Engine::on_timer(std::vector<Answer>& out) {
  const MonoTime now = clock_.mono();
  if (now >= access_.due()) {
    take_addresses(now, out);
  }
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i]->on_timer(now);
  }
  remove_closed(now, out);
  if (now >= connect_again_) {
    connect_again_ = MonoTime{};
  }
  if (now >= exchanges_.due()) {
    exchanges_.take_overdue(route_.route(), now, [&](Exchange& exchange) { give_up(exchange, now, out); });
  }
}

void H2Engine::give_up(Exchange& exchange, MonoTime now, std::vector<Answer>& out) {
  if (exchange.connection != nullptr) {
    exchange.connection->give_up(exchange);
  } else {
    std::erase(waiting_, &exchange);
  }
  if (exchange.no_memory) {
    answer(exchange, Failure::kBroken, "no memory to compress a request", now, out);
    return;
  }
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - exchange.started).count();
  answer(exchange, Failure::kTimeout, cat("Operation timed out after ", waited, " milliseconds"), now, out);
}

void H2Engine::answer(Exchange& exchange, Failure failure, std::string_view why, MonoTime now,
                      std::vector<Answer>& out) {
  Answer& answer = out.emplace_back(exchange.take_answer(route_.route(), now));
  if (failure == Failure::kNone) {
    answer.status = exchange.status;
    exchange.reader.put_into(answer, route_.route(), clock_);
  } else {
    answer.failure = failure;
    answer.detail = why;
    route_.route().hide_key(answer.detail);
    answer.detail = printable(answer.detail, kMaxWhy);
  }
  exchanges_.remove(exchange);
}

}  // namespace respand::http
