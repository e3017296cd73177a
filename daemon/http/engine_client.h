#pragma once
// EngineClient: the Client that make_client() makes. It chooses an engine for each request: H2Engine where the target
// permits it and the server chooses HTTP/2, else CurlClient; and it waits for both. A server that does not choose
// HTTP/2 is remembered for connection_life. libcurl's is made when it is first needed. All calls on the owner's
// thread, but for wake().

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/curl_client.h"
#include "http/h2_engine.h"
#include "http/post.h"
#include "respand/base/clock.h"
#include "respand/base/poller.h"
#include "respand/http/client.h"

namespace respand::http {

class EngineClient final : public Client {
 public:
  // `clock` is borrowed.
  EngineClient(const Target& target, const Clock& clock);
  EngineClient(const EngineClient&) = delete;
  EngineClient& operator=(const EngineClient&) = delete;
  ~EngineClient() override;

  void start(std::uint64_t id, std::string payload) override { start({id, std::move(payload)}); }
  void start_batch(std::uint64_t id, std::string payload, std::size_t max_body) override {
    start({.id = id, .payload = std::move(payload), .batch = true, .max_body = max_body});
  }
  void start_routed(std::uint64_t id, std::string payload, Routed to) override {
    const bool batch = to.batch;
    const std::size_t max_body = to.max_body;
    start({.id = id, .payload = std::move(payload), .batch = batch, .routed = std::move(to), .max_body = max_body});
  }
  [[nodiscard]] bool has_key(std::string_view name) const override {
    return name.empty() || target_.keys.contains(name);
  }
  void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) override;
  void wake() override { poller_.wake(); }
  [[nodiscard]] std::size_t in_flight() const override;
  [[nodiscard]] std::size_t capacity() const override;
  void set_target(const Target& target) override;

 private:
  void start(Post post);
  void choose();
  [[nodiscard]] CurlClient& curl();
  [[nodiscard]] bool curl_alone() const;
  [[nodiscard]] bool prefers_h2() const;
  void poll_curl_at_once(std::vector<Answer>& out);
  void wait(MonoTime deadline, std::vector<Answer>& out);
  void on_event(int fd, std::vector<Answer>& out);
  void take_handed_back(std::vector<Answer>& out);
  void remove_left();

  const Clock& clock_;
  Target target_;
  Poller poller_;                 // its wake-up is that of curl_, too; outlives both engines
  std::unique_ptr<H2Engine> h2_;  // to the present target; null: its requests can't go over HTTP/2 without libcurl
  MonoTime h2_again_{};           // when the server may be asked for HTTP/2 again
  std::vector<std::unique_ptr<H2Engine>> left_;  // to former targets, with requests in flight
  std::unique_ptr<CurlClient> curl_;             // null: not needed so far
};

}  // namespace respand::http
