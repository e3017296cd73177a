#include "nats/nats_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "nats/commands.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

// Of the answers to all requests.
constexpr std::uint64_t kReplies = 1;
constexpr int kNoResponders = 503;
// Nothing needs us more rarely than this.
constexpr Duration kLongestWait = std::chrono::hours{1};

// A name that no other client has: two words of the kernel's entropy.
std::string unique_inbox() {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string name = "_INBOX.";
  for (int word = 0; word < 2; ++word) {
    std::uint64_t bits = entropy();
    for (int i = 0; i < 11; ++i, bits /= kDigits.size()) {
      name.push_back(kDigits[bits % kDigits.size()]);
    }
  }
  return name;
}

}  // namespace

NatsClient::NatsClient(const Target& target, const Clock& clock, Handler& handler)
    : clock_(clock),
      handler_(handler),
      random_(entropy()),
      target_(target),
      servers_(target_.servers, random_),
      subscriptions_(kReplies + 1),
      requests_(unique_inbox()) {
  note_servers();
}

// Where no server's address is one, there is nothing to try and nothing to wait for but another target.
void NatsClient::note_servers() {
  if (!servers_.error().empty()) {
    state_.failure = Failure::kResolve;
    state_.detail = servers_.error();
  }
}

bool NatsClient::is_up() const { return state_.link == Link::kUp && !next_target_; }

bool NatsClient::publish(std::string_view subject, std::string_view reply, std::string_view headers,
                         std::string_view payload) {
  if (!is_up() || unsent() >= kMaxUnsent || message_size(headers, payload) > state_.info.max_payload) {
    return false;
  }
  append_publish(connection_->out(), subject, reply, headers, payload);
  return true;
}

void NatsClient::request(std::uint64_t id, std::string_view subject, std::string_view headers, std::string_view payload,
                         Duration timeout) {
  if (!is_up() || unsent() >= kMaxUnsent) {
    requests_.refuse(id, ReplyResult::kBroken);
    return;
  }
  if (message_size(headers, payload) > state_.info.max_payload) {
    requests_.refuse(id, ReplyResult::kTooLarge);
    return;
  }
  if (!replies_subscribed_) {
    append_subscribe(connection_->out(), requests_.subject(), {}, kReplies);
    replies_subscribed_ = true;
  }
  append_publish(connection_->out(), subject, requests_.begin(id, clock_.mono() + timeout), headers, payload);
}

std::uint64_t NatsClient::subscribe(std::string_view subject, std::string_view queue_group) {
  const std::uint64_t sid = subscriptions_.add(subject, queue_group);
  if (is_up()) {
    subscriptions_.append(sid, connection_->out());
  }
  return sid;
}

void NatsClient::unsubscribe(std::uint64_t subscription) {
  if (subscriptions_.remove(subscription) && is_up()) {
    append_unsubscribe(connection_->out(), subscription);
  }
}

std::string NatsClient::new_inbox() { return unique_inbox(); }

void NatsClient::set_target(const Target& target) {
  if (target == (next_target_ ? *next_target_ : target_)) {
    return;
  }
  next_target_ = target;
  poller_.wake();
}

MonoTime NatsClient::due() const {
  if (next_target_) {
    return MonoTime::min();
  }
  MonoTime first = std::min(requests_.due(), connection_ ? connection_->due() : servers_.due());
  if (leave_at_ && *leave_at_ != MonoTime::max()) {
    first = std::min(first, requests_.empty() ? MonoTime::min() : *leave_at_);
  }
  return first;
}

void NatsClient::poll(MonoTime deadline, const std::function<bool()>& before_wait) {
  retired_.reset();
  if (is_up()) {
    connection_->flush();
  }
  const MonoTime now = clock_.mono();
  const MonoTime until = std::min(deadline, due());
  Duration span{0};
  if (until > now && before_wait()) {
    span = std::min<Duration>(until - now, kLongestWait);
  }
  const bool ready = !poller_.wait(std::chrono::ceil<std::chrono::milliseconds>(span)).empty();
  work(ready);
  state_.servers = servers_.size();
  deliver_ended();
}

void NatsClient::work(bool ready) {
  if (next_target_) {
    if (connection_) {
      go_down();
    }
    target_ = *std::exchange(next_target_, std::nullopt);
    servers_ = ServerList(target_.servers, random_);
    note_servers();
  }
  if (!connection_) {
    begin_connection();
  }
  if (!connection_) {
    return;
  }
  connection_->step(ready);
  if (connection_->phase() == Connection::Phase::kUp) {
    if (state_.link != Link::kUp) {
      come_up();
    }
    dispatch();
    take_news();
    leave_if_due();
  }
  if (connection_ && connection_->phase() == Connection::Phase::kFailed) {
    const MonoTime now = clock_.mono();
    state_.failure = connection_->failure().kind;
    state_.detail = connection_->failure().detail;
    servers_.failed(now, state_.link == Link::kUp ? now - up_since_ : Duration{0});
    go_down();
  }
}

void NatsClient::begin_connection() {
  if (auto server = servers_.take(clock_.mono())) {
    state_.server = server->address.text();
    connection_ = std::make_unique<Connection>(target_, std::move(*server), clock_, poller_);
  }
}

void NatsClient::come_up() {
  up_since_ = clock_.mono();
  state_.link = Link::kUp;
  state_.failure = Failure::kNone;
  state_.detail.clear();
  ++state_.connections;
  replies_subscribed_ = false;  // with the first request
  denials_seen_ = 0;
  subscriptions_.append_all(connection_->out());
  take_news();
  handler_.link_changed(Link::kUp);
}

void NatsClient::go_down() {
  const bool was_up = state_.link == Link::kUp;
  retired_ = std::move(connection_);
  leave_at_.reset();
  state_.link = Link::kConnecting;
  requests_.break_all();
  deliver_ended();
  if (was_up) {
    handler_.link_changed(Link::kConnecting);
  }
}

void NatsClient::dispatch() {
  while (const ReceivedMessage* received = connection_->next()) {
    const Message message{received->sid,     received->subject, received->reply,
                          received->headers, received->status,  received->payload};
    if (received->sid != kReplies) {
      if (subscriptions_.contains(received->sid)) {
        handler_.message(message);
      }
      continue;
    }
    if (const auto id = requests_.take(received->subject)) {
      const bool nobody = message.status == kNoResponders && message.payload.empty();
      handler_.reply(nobody ? Reply{*id, ReplyResult::kNoResponders, {}} : Reply{*id, ReplyResult::kReply, message});
    }
  }
}

void NatsClient::take_news() {
  if (!connection_->take_news()) {
    return;
  }
  const Greeting& greeting = connection_->greeting();
  state_.info = greeting.info;
  servers_.learn(greeting.connect_urls);
  if (greeting.lame_duck && !leave_at_) {
    leave_at_ = clock_.mono() + kLeaveWithin;
  }
  if (const Connection::Denial& denied = connection_->denied(); denied.count > denials_seen_) {
    state_.failure = Failure::kCredentials;
    state_.detail = cat("the server denies something: ", denied.words);
    state_.denied = denied.subject;
    state_.denials += denied.count - std::exchange(denials_seen_, denied.count);
  }
}

// Requests that wait get their answer first, for a while. Where there is no other server, this one is used to its end.
void NatsClient::leave_if_due() {
  if (!leave_at_ || *leave_at_ == MonoTime::max() || (!requests_.empty() && clock_.mono() < *leave_at_)) {
    return;
  }
  if (!servers_.leave(clock_.mono())) {
    leave_at_ = MonoTime::max();
    return;
  }
  connection_->flush();
  state_.failure = Failure::kClosed;
  state_.detail = "the server is about to stop";
  go_down();
}

void NatsClient::deliver_ended() {
  // What the handler begins meanwhile and cannot be sent is told by the next turn, so that this one ends.
  for (const Requests::Ended& ended : requests_.take_ended(clock_.mono())) {
    handler_.reply({ended.id, ended.result, {}});
  }
}

std::unique_ptr<Client> make_client(const Target& target, const Clock& clock, Handler& handler) {
  return std::make_unique<NatsClient>(target, clock, handler);
}

std::string_view name_of(Failure failure) noexcept {
  constexpr std::array<std::string_view, 7> kNames = {"none",        "resolve",  "connect", "certificate",
                                                      "credentials", "protocol", "closed"};
  return kNames[static_cast<std::size_t>(failure)];
}

}  // namespace respand::nats
