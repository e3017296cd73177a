#pragma once
// CurlClient: the Client behind which libcurl is: one multi handle, driven by the one thread that calls, and a pool of
// easy handles. libcurl says which sockets and which time it waits for; the Poller waits. Used by make_client() and its
// tests. All calls on the owner's thread, but for wake().

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/poller.h"
#include "http/route.h"
#include "http/transfer.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

class CurlClient final : public Client {
 public:
  CurlClient(const Target& target, const Clock& clock);
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  void start(std::uint64_t id, std::string payload) override { start({id, std::move(payload)}); }
  void start_batch(std::uint64_t id, std::string payload, std::size_t max_body) override {
    start({.id = id, .payload = std::move(payload), .batch = true, .max_body = max_body});
  }
  [[nodiscard]] bool has_key(std::string_view name) const override {
    return name.empty() || route_->target().keys.contains(name);
  }
  void start_routed(std::uint64_t id, std::string payload, Routed to) override {
    const bool batch = to.batch;
    const std::size_t max_body = to.max_body;
    start({.id = id, .payload = std::move(payload), .batch = batch, .routed = std::move(to), .max_body = max_body});
  }
  void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) override;
  void wake() override { poller_.wake(); }
  [[nodiscard]] std::size_t in_flight() const override { return flying_.size() + stillborn_.size(); }
  [[nodiscard]] std::size_t capacity() const override;
  void set_target(const Target& target) override;

  // Answers every request on its way with kBroken and begins with a new multi handle, as after an error of the old one.
  void rebuild(std::string_view why, std::vector<Answer>& out);

 private:
  struct Cleanup {
    void operator()(CURLSH* sessions) const { ::curl_share_cleanup(sessions); }
  };
  void start(Post post);
  void open_multi();
  void close_multi();
  void limit_connections();
  // As many of max_connections as the requests on their way need.
  [[nodiscard]] std::size_t connections_needed() const;
  void on_socket(curl_socket_t fd, int what, bool known);
  void on_timer(long milliseconds);
  [[nodiscard]] bool works(CURLMcode code, std::vector<Answer>& out);
  void run_timers(std::vector<Answer>& out);
  void wait(MonoTime deadline, std::vector<Answer>& out);
  [[nodiscard]] bool act(curl_socket_t fd, int events, std::vector<Answer>& out);
  void collect(std::vector<Answer>& out);
  [[nodiscard]] std::unique_ptr<Transfer> idle_transfer();
  void renew_connections();
  [[nodiscard]] std::unique_ptr<Transfer> land(Transfer& transfer);

  const Clock& clock_;
  Poller poller_;
  // TLS sessions, which the easy handles do not share by themselves. One thread: no locks. Outlives them.
  std::unique_ptr<CURLSH, Cleanup> sessions_;
  Gzip gzip_;
  std::shared_ptr<const Route> route_;
  bool generation_ = false;  // of route_
  MonoTime renew_at_;        // when connections that carry many requests at once are left for new ones
  CURLM* multi_ = nullptr;
  MonoTime timer_ = MonoTime::max();  // when libcurl wants to be called though no socket has news
  std::vector<std::unique_ptr<Transfer>> flying_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  std::vector<Answer> stillborn_;  // requests that could not even begin; answered by the next poll()
  bool multiplexed_ = false;       // the server's last answer came over HTTP/2
  std::size_t allowed_ = 0;        // connections, as libcurl was told
};

}  // namespace respand::http
