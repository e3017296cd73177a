#include "http/curl_client.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "respand/base/log.h"

namespace respand::http {
namespace {

// libcurl's own limit of streams on one HTTP/2 connection (CURLMOPT_MAX_CONCURRENT_STREAMS).
constexpr std::size_t kStreams = 100;
// With requests on their way we look after them at least this often, whatever libcurl's timers say; without, hardly
// ever.
constexpr Duration kLongestWaitBusy = std::chrono::seconds{1};
constexpr Duration kLongestWaitIdle = std::chrono::hours{24};

}  // namespace

CurlClient::CurlClient(const Target& target, const Clock& clock, const Poller& bell)
    : clock_(clock), pool_(target, clock), multi_(clock, bell) {
  limit_connections();
}

CurlClient::~CurlClient() { remove_all(); }

void CurlClient::remove_all() {
  for (const auto& transfer : flying_) {
    multi_.remove(transfer->easy());
  }
}

// libcurl fills a connection before it opens another, but then opens one for each request at once.
std::size_t CurlClient::connections_needed() const {
  constexpr std::size_t kSpare = 1;  // for one that the server is closing, or that is left for a new one
  const std::size_t most = std::max(1U, pool_.target().max_connections);
  return multiplexed_ ? std::min(most, (flying_.size() + kStreams) / kStreams + kSpare) : most;
}

void CurlClient::rebuild(std::string_view why, std::vector<Answer>& out) {
  remove_all();
  multi_.renew();
  for (const auto& transfer : flying_) {
    out.push_back(transfer->fail(why));
  }
  flying_.clear();
  pool_.clear();
  limit_connections();
}

std::size_t CurlClient::capacity() const {
  return std::max<std::size_t>(1, pool_.target().max_connections) * (multiplexed_ ? kStreams : 1);
}

void CurlClient::set_target(const Target& target) {
  if (target == pool_.target()) {
    return;
  }
  pool_.set_target(target);
  multiplexed_ = false;  // Of the new server nothing is known yet.
  limit_connections();
}

void CurlClient::start(Post post) {
  // libcurl leaves a connection that is old when it is idle. One that carries many requests at once never is.
  if (multiplexed_) {
    pool_.renew_connections_if_due();
  }
  auto transfer = pool_.take();
  if (!transfer) {
    Answer& answer = stillborn_.emplace_back();
    answer.id = post.id;
    answer.failure = Failure::kBroken;
    answer.detail = "no memory for a request";
    answer.payload = std::move(post.payload);
    return;
  }
  if (!transfer->begin(std::move(post), gzip_)) {
    stillborn_.push_back(transfer->fail("no memory to compress a request"));
    return;
  }
  if (const CURLMcode code = multi_.add(transfer->easy()); code != CURLM_OK) {
    stillborn_.push_back(transfer->fail(::curl_multi_strerror(code)));
    return;
  }
  if (multiplexed_ && connections_needed() > multi_.connections()) {
    limit_connections();
  }
  transfer->place = flying_.size();
  flying_.push_back(std::move(transfer));
}

void CurlClient::poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) {
  const std::size_t before = out.size();
  std::move(stillborn_.begin(), stillborn_.end(), std::back_inserter(out));
  stillborn_.clear();
  run_timers(out);  // A request begins with a timer that is due at once.
  if (out.size() == before && before_wait()) {
    wait(deadline, out);
  }
}

void CurlClient::wait(MonoTime deadline, std::vector<Answer>& out) {
  const MonoTime now = clock_.mono();
  const MonoTime until = flying_.empty() ? deadline : std::min(deadline, multi_.timer());
  const Duration longest = flying_.empty() ? kLongestWaitIdle : kLongestWaitBusy;
  const Duration span = until <= now ? Duration{0} : std::min(until - now, longest);
  for (const epoll_event& news : multi_.wait(std::chrono::ceil<std::chrono::milliseconds>(span))) {
    if (!collect(multi_.act(news), out)) {
      return;  // The other news are of sockets that went with the old handle.
    }
  }
  run_timers(out);
}

void CurlClient::run_timers(std::vector<Answer>& out) {
  // A few rounds, because what a timer begins often wants another at once; never for ever.
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds && !flying_.empty() && multi_.timer() <= clock_.mono(); ++round) {
    if (!collect(multi_.act_on_timer(), out)) {
      return;
    }
  }
}

// Takes what has ended by a call of the multi handle that returned `code`. False after an error of the handle: every
// request has been answered then, and a new handle stands.
bool CurlClient::collect(CURLMcode code, std::vector<Answer>& out) {
  if (code != CURLM_OK) {
    const char* why = ::curl_multi_strerror(code);
    log::error("libcurl failed and begins anew", {{"why", why}, {"requests", flying_.size()}});
    rebuild(why, out);
    return false;
  }
  while (const auto ended = multi_.take_ended()) {
    end(*ended, out);
  }
  return true;
}

void CurlClient::end(const MultiHandle::Ended& ended, std::vector<Answer>& out) {
  char* self = nullptr;
  ::curl_easy_getinfo(ended.easy, CURLINFO_PRIVATE, &self);
  auto transfer = land(*static_cast<Transfer*>(static_cast<void*>(self)));
  out.push_back(transfer->end(ended.code));
  const bool answered = out.back().failure == Failure::kNone;
  // What an answer says of the server is believed only where it is the present one.
  if (answered && pool_.is_current(*transfer) &&
      multiplexed_ != (transfer->over_http2() && pool_.route().keeps_connections())) {
    multiplexed_ = !multiplexed_;
    limit_connections();
  }
  pool_.give_back(std::move(transfer));
}

// Takes a transfer out of the multi handle and from among those on their way.
std::unique_ptr<Transfer> CurlClient::land(Transfer& transfer) {
  multi_.remove(transfer.easy());
  const std::size_t place = transfer.place;
  auto landed = std::move(flying_[place]);
  if (place + 1 != flying_.size()) {
    flying_[place] = std::move(flying_.back());
    flying_[place]->place = place;
  }
  flying_.pop_back();
  return landed;
}

}  // namespace respand::http
