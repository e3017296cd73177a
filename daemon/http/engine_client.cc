#include "http/engine_client.h"

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace respand::http {
namespace {

constexpr Duration kLongestWait = std::chrono::hours{24};

bool yes() { return true; }

}  // namespace

EngineClient::EngineClient(const Target& target, const Clock& clock) : clock_(clock), target_(target) { choose(); }

EngineClient::~EngineClient() = default;

void EngineClient::choose() {
  h2_again_ = MonoTime{};
  if (auto route = H2Route::make(target_)) {
    h2_ = std::make_unique<H2Engine>(std::move(*route), poller_, clock_);
  } else {
    static_cast<void>(curl());  // so that its descriptors are there from the start
  }
}

CurlClient& EngineClient::curl() {
  if (!curl_) {
    curl_ = std::make_unique<CurlClient>(target_, clock_, poller_);
    poller_.watch(curl_->fd(), EPOLLIN);
  }
  return *curl_;
}

bool EngineClient::prefers_h2() const {
  return h2_ != nullptr && (h2_again_ == MonoTime{} || clock_.mono() >= h2_again_);
}

void EngineClient::start(Post post) {
  if (prefers_h2()) {
    h2_again_ = MonoTime{};
    h2_->start(std::move(post));
  } else {
    curl().start(std::move(post));
  }
}

std::size_t EngineClient::in_flight() const {
  std::size_t all = (curl_ ? curl_->in_flight() : 0) + (h2_ ? h2_->in_flight() : 0);
  for (const auto& engine : left_) {
    all += engine->in_flight();
  }
  return all;
}

std::size_t EngineClient::capacity() const {
  if (h2_ && h2_again_ == MonoTime{}) {
    return h2_->capacity();
  }
  return curl_ ? curl_->capacity() : std::max<std::size_t>(1, target_.max_connections);
}

void EngineClient::set_target(const Target& target) {
  if (target == target_) {
    return;
  }
  target_ = target;
  if (h2_) {
    h2_->leave();
    left_.push_back(std::move(h2_));
  }
  if (curl_) {
    curl_->set_target(target);
  }
  choose();
}

// Then its own wait will do, as if it were the only engine.
bool EngineClient::curl_alone() const {
  return curl_ && left_.empty() && (!h2_ || (h2_->in_flight() == 0 && h2_->connections() == 0));
}

void EngineClient::poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) {
  if (curl_alone()) {
    curl_->poll(deadline, before_wait, out);
    return;
  }
  const std::size_t before = out.size();
  if (h2_) {
    h2_->flush(out);
  }
  for (const auto& engine : left_) {
    engine->flush(out);
  }
  take_handed_back(out);
  if (curl_ && curl_->in_flight() > 0) {
    poll_curl_at_once(out);  // A request begins with a timer that is due at once.
  }
  remove_left();
  if (out.size() == before && before_wait()) {
    wait(deadline, out);
  }
}

void EngineClient::poll_curl_at_once(std::vector<Answer>& out) { curl_->poll(MonoTime{}, yes, out); }

void EngineClient::wait(MonoTime deadline, std::vector<Answer>& out) {
  MonoTime until = deadline;
  if (h2_) {
    until = std::min(until, h2_->due());
  }
  for (const auto& engine : left_) {
    until = std::min(until, engine->due());
  }
  if (curl_) {
    until = std::min(until, curl_->due());
  }
  const MonoTime now = clock_.mono();
  const Duration span = until <= now ? Duration{0} : std::min(until - now, kLongestWait);
  for (const epoll_event& news : poller_.wait(std::chrono::ceil<std::chrono::milliseconds>(span))) {
    on_event(news.data.fd, out);
  }
  const MonoTime then = clock_.mono();
  if (h2_ && h2_->due() <= then) {
    h2_->on_timer(out);
  }
  for (const auto& engine : left_) {
    if (engine->due() <= then) {
      engine->on_timer(out);
    }
  }
  if (curl_ && curl_->due() <= then) {
    poll_curl_at_once(out);
  }
  take_handed_back(out);
}

void EngineClient::on_event(int fd, std::vector<Answer>& out) {
  if (curl_ && curl_->fd() == fd) {
    poll_curl_at_once(out);
    return;
  }
  if (h2_ && h2_->on_event(fd, out)) {
    return;
  }
  for (const auto& engine : left_) {
    if (engine->on_event(fd, out)) {
      return;
    }
  }
}

// What the server does not take over HTTP/2 goes by libcurl, and so does all that comes for a while. Where the target
// has changed meanwhile, the caller decides anew.
void EngineClient::take_handed_back(std::vector<Answer>& out) {
  if (h2_ && !h2_->handed_back().empty()) {
    for (Post& post : std::exchange(h2_->handed_back(), {})) {
      curl().start(std::move(post));
    }
    h2_again_ = clock_.mono() + target_.connection_life;
  }
  for (const auto& engine : left_) {
    for (Post& post : std::exchange(engine->handed_back(), {})) {
      Answer& answer = out.emplace_back();
      answer.id = post.id;
      answer.payload = std::move(post.payload);
      answer.failure = Failure::kBroken;
      answer.detail = "the server does not choose HTTP/2, and requests go elsewhere now";
    }
  }
}

void EngineClient::remove_left() {
  std::erase_if(left_, [](const auto& engine) { return engine->in_flight() == 0; });
}

}  // namespace respand::http
