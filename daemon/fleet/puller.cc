#include "fleet/puller.h"

#include <algorithm>
#include <utility>

#include "respand/base/text.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {
namespace {

constexpr int kHeartbeatStatus = 100;
constexpr int kNoMessages = 404;
constexpr int kExpired = 408;
constexpr int kNoResponders = 503;
// Behind the last message of each request that has a limit of bytes, as first_line() gives it.
constexpr std::string_view kBatchCompleted = "409 Batch Completed";
// Before the name of the limit, such as MaxRequestBatch.
constexpr std::string_view kExceeded = "409 Exceeded Max";

// "NATS/1.0 409 Consumer Deleted" -> "409 Consumer Deleted".
std::string first_line(std::string_view headers) {
  const std::string_view line = headers.substr(0, std::min(headers.find('\r'), headers.size()));
  return printable(line.substr(std::min(line.find(' '), line.size() - 1) + 1), 120);
}

}  // namespace

Puller::Puller(std::string stream, std::string consumer, nats::Client& client)
    : subject_(nats::next_subject(stream, consumer)),
      client_(client),
      inbox_(client.new_inbox()),
      subscription_(client.subscribe(inbox_, {})) {}

// A message may be as large as the server takes: a request that allows less would never get it.
void Puller::ask(std::uint32_t room, MonoTime now) {
  if (asked_ > 0 && now >= heard_at_ + kSilence) {
    asked_ = 0;
  }
  if (asked_ > 0 || room == 0 || now < ask_at_ || client_.state().link != nats::Link::kUp) {
    return;
  }
  const std::uint32_t most = std::min(room, kMostAsked);
  const std::size_t bytes = std::max<std::size_t>(kMostBytes, client_.state().info.max_payload);
  if (client_.publish(subject_, inbox_, {}, nats::next_request(most, bytes, kExpires, kHeartbeat))) {
    asked_ = most;
    heard_at_ = now;
  } else {
    ask_at_ = now + kFirstWait;  // what was sent before has to leave first
  }
}

MonoTime Puller::due() const {
  if (client_.state().link != nats::Link::kUp) {
    return MonoTime::max();
  }
  return asked_ > 0 ? heard_at_ + kSilence : ask_at_;
}

Puller::Word Puller::read(const nats::Message& message, MonoTime now, std::string& why) {
  if (message.subscription != subscription_) {
    return Word::kNothing;
  }
  heard_at_ = now;
  switch (message.status) {
    case 0:
      asked_ -= std::min(asked_, 1U);
      step_ = 0;
      return Word::kMessage;
    case kHeartbeatStatus:
      return Word::kNothing;
    case kNoMessages:
    case kExpired:
      asked_ = 0;
      step_ = 0;
      return Word::kNothing;
    case kNoResponders:
      asked_ = 0;
      wait(now);
      why = "nobody serves the consumer: it does not exist, or has no quorum";
      return Word::kNobody;
    default:
      why = first_line(message.headers);
      if (why == kBatchCompleted) {
        return Word::kNothing;  // the next request may be on its way already
      }
      asked_ = 0;
      wait(now);
      return why.starts_with(kExceeded) ? Word::kTooMuch : Word::kRefused;
  }
}

void Puller::restart() {
  asked_ = 0;
  step_ = 0;
  ask_at_ = MonoTime::min();
}

void Puller::wait(MonoTime now) {
  ask_at_ = now + std::min<Duration>(kLongestWait, kFirstWait * (1U << std::min(step_, 6U)));
  ++step_;
}

}  // namespace respand::fleet
