#include "http/curl_client.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
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

CurlClient::CurlClient(const Target& target, const Clock& clock)
    : clock_(clock),
      sessions_(::curl_share_init()),
      route_(std::make_shared<const Route>(target)),
      renew_at_(clock.mono() + target.connection_life) {
  if (!sessions_) {
    std::abort();  // As below.
  }
  ::curl_share_setopt(sessions_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  open_multi();
}

CurlClient::~CurlClient() { close_multi(); }

void CurlClient::open_multi() {
  multi_ = ::curl_multi_init();
  if (multi_ == nullptr) {
    std::abort();  // Out of memory or descriptors for a handle of a few KiB: nothing can be sent any more.
  }
  ::curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(
      multi_, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t fd, int what, void* self, void* known) {
        static_cast<CurlClient*>(self)->on_socket(fd, what, known != nullptr);
        return 0;
      });
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  ::curl_multi_setopt(
      multi_, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long milliseconds, void* self) {
        static_cast<CurlClient*>(self)->on_timer(milliseconds);
        return 0;
      });
  limit_connections();
}

void CurlClient::on_socket(curl_socket_t fd, int what, bool known) {
  if (what == CURL_POLL_REMOVE) {
    poller_.forget(fd);
    return;
  }
  const std::uint32_t in = (what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U;
  const std::uint32_t out = (what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U;
  poller_.watch(fd, in | out, known);
  if (!known) {
    ::curl_multi_assign(multi_, fd, this);  // Any pointer that is not null: comes back as `known`.
  }
}

void CurlClient::on_timer(long milliseconds) {
  timer_ = milliseconds < 0 ? MonoTime::max() : clock_.mono() + std::chrono::milliseconds{milliseconds};
}

// libcurl fills a connection before it opens another, but then opens one for each request at once.
std::size_t CurlClient::connections_needed() const {
  constexpr std::size_t kSpare = 1;  // for one that the server is closing, or that is left for a new one
  const std::size_t most = std::max(1U, route_->target().max_connections);
  return multiplexed_ ? std::min(most, (flying_.size() + kStreams) / kStreams + kSpare) : most;
}

void CurlClient::limit_connections() {
  allowed_ = connections_needed();
  const auto most = static_cast<long>(allowed_);
  ::curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, most);
  ::curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
  ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most);
}

// Easy handles are removed before the multi handle goes, and destroyed after it: their connections belong to it.
void CurlClient::close_multi() {
  for (const auto& transfer : flying_) {
    ::curl_multi_remove_handle(multi_, transfer->easy());
  }
  ::curl_multi_cleanup(multi_);
  multi_ = nullptr;
  timer_ = MonoTime::max();
}

void CurlClient::rebuild(std::string_view why, std::vector<Answer>& out) {
  close_multi();
  for (const auto& transfer : flying_) {
    out.push_back(transfer->fail(why));
  }
  flying_.clear();
  idle_.clear();
  open_multi();
}

// False after an error of the multi handle; every request has then been answered, and a new handle stands.
bool CurlClient::works(CURLMcode code, std::vector<Answer>& out) {
  if (code == CURLM_OK) {
    return true;
  }
  const char* why = ::curl_multi_strerror(code);
  log::error("libcurl failed and begins anew", {{"why", why}, {"requests", flying_.size()}});
  rebuild(why, out);
  return false;
}

std::size_t CurlClient::capacity() const {
  return std::max<std::size_t>(1, route_->target().max_connections) * (multiplexed_ ? kStreams : 1);
}

void CurlClient::set_target(const Target& target) {
  if (target == route_->target()) {
    return;
  }
  route_ = std::make_shared<const Route>(target);
  idle_.clear();
  multiplexed_ = false;
  limit_connections();
}

// The old ones end with their last request.
void CurlClient::renew_connections() {
  generation_ = !generation_;
  route_ = std::make_shared<const Route>(route_->target(), generation_);
  idle_.clear();
  renew_at_ = clock_.mono() + route_->target().connection_life;
}

std::unique_ptr<Transfer> CurlClient::idle_transfer() {
  if (idle_.empty()) {
    return Transfer::make(route_, clock_, sessions_.get());
  }
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

void CurlClient::start(Post post) {
  if (multiplexed_ && clock_.mono() >= renew_at_) {
    renew_connections();
  }
  auto transfer = idle_transfer();
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
  if (const CURLMcode code = ::curl_multi_add_handle(multi_, transfer->easy()); code != CURLM_OK) {
    stillborn_.push_back(transfer->fail(::curl_multi_strerror(code)));
    return;
  }
  if (multiplexed_ && connections_needed() > allowed_) {
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
  const MonoTime until = flying_.empty() ? deadline : std::min(deadline, timer_);
  const Duration longest = flying_.empty() ? kLongestWaitIdle : kLongestWaitBusy;
  const Duration span = until <= now ? Duration{0} : std::min(until - now, longest);
  for (const epoll_event& news : poller_.wait(std::chrono::ceil<std::chrono::milliseconds>(span))) {
    const int in = (news.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
    const int writable = (news.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    const int failed = (news.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0;
    if (!act(news.data.fd, in | writable | failed, out)) {
      return;  // The other news are of sockets that went with the old handle.
    }
  }
  run_timers(out);
}

void CurlClient::run_timers(std::vector<Answer>& out) {
  // A few rounds, because what a timer begins often wants another at once; never for ever.
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds && !flying_.empty() && timer_ <= clock_.mono(); ++round) {
    timer_ = MonoTime::max();
    if (!act(CURL_SOCKET_TIMEOUT, 0, out)) {
      return;
    }
  }
}

// Lets libcurl work on a socket's news, and takes what ended by it. False: it failed, and all was answered.
bool CurlClient::act(curl_socket_t fd, int events, std::vector<Answer>& out) {
  int running = 0;
  if (!works(::curl_multi_socket_action(multi_, fd, events, &running), out)) {
    return false;
  }
  collect(out);
  return true;
}

void CurlClient::collect(std::vector<Answer>& out) {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    const CURLcode code = message->data.result;  // The message does not outlive remove_handle.
    char* self = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    auto transfer = land(*static_cast<Transfer*>(static_cast<void*>(self)));
    out.push_back(transfer->end(code));
    const bool answered = out.back().failure == Failure::kNone;
    if (transfer->route() == route_.get()) {
      if (answered && multiplexed_ != (transfer->over_http2() && route_->keeps_connections())) {
        multiplexed_ = !multiplexed_;
        limit_connections();
      }
      idle_.push_back(std::move(transfer));
    }
  }
}

// Takes a transfer out of the multi handle and from among those on their way.
std::unique_ptr<Transfer> CurlClient::land(Transfer& transfer) {
  ::curl_multi_remove_handle(multi_, transfer.easy());
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
