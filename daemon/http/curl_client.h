#pragma once
// CurlClient: the engine for all but HTTP/2 over TLS, by libcurl: requests on their way over one multi handle
// (multi_handle.h), driven by the one thread that calls, each on an easy handle from a pool (transfer_pool.h). Used by
// EngineClient and its tests. All calls on the owner's thread, but for wake().
//
// What holds: a request that was started is on its way, or could not begin, until poll() has given its answer; then it
// is neither.

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/multi_handle.h"
#include "http/transfer.h"
#include "http/transfer_pool.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

class CurlClient final : public Client {
 public:
  CurlClient(const Target& target, const Clock& clock) : CurlClient(target, clock, Poller()) {}
  // As above; its waits share the wake-up of `bell` (poller.h), which is needed only now.
  CurlClient(const Target& target, const Clock& clock, const Poller& bell);
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  void start(std::uint64_t id, std::string payload) override { start({id, std::move(payload)}); }
  void start_batch(std::uint64_t id, std::string payload, std::size_t max_body) override {
    start({.id = id, .payload = std::move(payload), .batch = true, .max_body = max_body});
  }
  [[nodiscard]] bool has_key(std::string_view name) const override {
    return name.empty() || pool_.target().keys.contains(name);
  }
  void start_routed(std::uint64_t id, std::string payload, Routed to) override {
    const bool batch = to.batch;
    const std::size_t max_body = to.max_body;
    start({.id = id, .payload = std::move(payload), .batch = batch, .routed = std::move(to), .max_body = max_body});
  }
  void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<Answer>& out) override;
  void wake() override { multi_.wake(); }
  [[nodiscard]] std::size_t in_flight() const override { return flying_.size() + stillborn_.size(); }
  [[nodiscard]] std::size_t capacity() const override;
  void set_target(const Target& target) override;

  // The same as the start() above, in one form.
  void start(Post post);
  // Readable while a poll() would not wait for a socket; and when it would not wait for a timer.
  [[nodiscard]] int fd() const { return multi_.fd(); }
  [[nodiscard]] MonoTime due() const { return flying_.empty() ? MonoTime::max() : multi_.timer(); }

  // Answers every request on its way with kBroken and begins with a new multi handle, as after an error of the old one.
  void rebuild(std::string_view why, std::vector<Answer>& out);

 private:
  void remove_all();
  void limit_connections() { multi_.set_connections(connections_needed()); }
  // As many of max_connections as the requests on their way need.
  [[nodiscard]] std::size_t connections_needed() const;
  void run_timers(std::vector<Answer>& out);
  void wait(MonoTime deadline, std::vector<Answer>& out);
  [[nodiscard]] bool collect(CURLMcode code, std::vector<Answer>& out);
  void end(const MultiHandle::Ended& ended, std::vector<Answer>& out);
  [[nodiscard]] std::unique_ptr<Transfer> land(Transfer& transfer);

  const Clock& clock_;
  Gzip gzip_;
  TransferPool pool_;
  std::vector<std::unique_ptr<Transfer>> flying_;
  std::vector<Answer> stillborn_;  // requests that could not even begin; answered by the next poll()
  bool multiplexed_ = false;       // the server's last answer came over HTTP/2
  MultiHandle multi_;              // goes before the transfers, as it requires
};

}  // namespace respand::http
