#pragma once
// NatsClient: the client of client.h. It has a connection or is on its way to the next one, makes subscriptions anew on
// each, and gives every request its one answer. All calls are the owner's thread's, but for wake().

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "nats/connection.h"
#include "nats/requests.h"
#include "nats/server_list.h"
#include "nats/subscriptions.h"
#include "respand/base/poller.h"
#include "respand/base/random.h"
#include "respand/nats/client.h"

namespace respand::nats {

class NatsClient final : public Client {
 public:
  // Bytes that may wait to be sent; then publish() refuses. One message may come on top.
  static constexpr std::size_t kMaxUnsent = 8U << 20;
  // How long a connection to a server that is about to stop is kept for the requests that wait for an answer.
  static constexpr Duration kLeaveWithin = std::chrono::seconds{5};

  NatsClient(const Target& target, const Clock& clock, Handler& handler);

  bool publish(std::string_view subject, std::string_view reply, std::string_view headers,
               std::string_view payload) override;
  void request(std::uint64_t id, std::string_view subject, std::string_view headers, std::string_view payload,
               Duration timeout) override;
  std::uint64_t subscribe(std::string_view subject, std::string_view queue_group) override;
  void unsubscribe(std::uint64_t subscription) override;
  std::string new_inbox() override;
  void poll(MonoTime deadline, const std::function<bool()>& before_wait) override;
  void wake() override { poller_.wake(); }
  std::size_t unsent() const override { return connection_ ? connection_->unsent() : 0; }
  const State& state() const override { return state_; }
  void set_target(const Target& target) override;

 private:
  [[nodiscard]] bool is_up() const;
  [[nodiscard]] MonoTime due() const;
  void work(bool ready);
  void note_servers();
  void begin_connection();
  void come_up();
  void go_down();
  void dispatch();
  void take_news();
  void leave_if_due();
  void deliver_ended();

  const Clock& clock_;
  Handler& handler_;
  Poller poller_;
  SeededRandom random_;
  Target target_;
  std::optional<Target> next_target_;  // taken over by the next poll()
  ServerList servers_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> retired_;  // until the next poll(): views of its messages may be in use
  MonoTime up_since_{};
  std::optional<MonoTime> leave_at_;  // the server will stop; max(): there is no other

  Subscriptions subscriptions_;
  Requests requests_;
  bool replies_subscribed_ = false;
  std::uint64_t denials_seen_ = 0;  // of the connection
  State state_;
};

}  // namespace respand::nats
