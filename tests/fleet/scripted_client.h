#pragma once
// A nats::Client without a network: it keeps what was asked, and tells what the test says. One thread.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/text.h"
#include "respand/nats/client.h"

namespace respand::fleet {

class ScriptedClient final : public nats::Client {
 public:
  struct Request {
    std::uint64_t id = 0;
    std::string subject;
    std::string headers;
    std::string payload;
    std::string reply{};  // of what was only published
  };

  explicit ScriptedClient(nats::Handler& handler) : handler_(handler) {
    state_.info.max_payload = 1 << 20;
    state_.info.version = "2.10.27";
  }

  bool publish(std::string_view subject, std::string_view reply, std::string_view headers,
               std::string_view payload) override {
    if (state_.link != nats::Link::kUp) {
      return false;
    }
    published.push_back({0, std::string(subject), std::string(headers), std::string(payload), std::string(reply)});
    return true;
  }
  void request(std::uint64_t id, std::string_view subject, std::string_view headers, std::string_view payload,
               Duration) override {
    if (state_.link != nats::Link::kUp) {
      answer(id, nats::ReplyResult::kBroken);
      return;
    }
    requests.push_back({id, std::string(subject), std::string(headers), std::string(payload)});
    last_request_ = id;
  }
  std::uint64_t subscribe(std::string_view subject, std::string_view) override {
    subscriptions.emplace_back(subject);
    return subscriptions.size();
  }
  void unsubscribe(std::uint64_t) override {}
  std::string new_inbox() override { return cat("_INBOX.", ++inboxes_); }
  void poll(MonoTime until, const std::function<bool()>& before_wait) override {
    static_cast<void>(before_wait());
    deadline = until;
    ++polls;
    auto events = std::exchange(events_, {});
    for (const auto& event : events) {
      event();
    }
  }
  void wake() override { ++wakes; }
  std::size_t unsent() const override { return 0; }
  const nats::State& state() const override { return state_; }
  void set_target(const nats::Target& target) override { targets.push_back(target); }

  // What the next poll() tells.
  void answer(std::uint64_t id, std::string payload) {
    events_.push_back([this, id, payload = std::move(payload)] {
      nats::Reply reply;
      reply.id = id;
      reply.message.payload = payload;
      handler_.reply(reply);
    });
  }
  void answer(std::uint64_t id, nats::ReplyResult result) {
    events_.push_back([this, id, result] { handler_.reply({id, result, {}}); });
  }
  void deliver(std::uint64_t subscription, std::string reply, std::string payload, int status = 0,
               std::string headers = {}) {
    events_.push_back([this, subscription, status, reply = std::move(reply), payload = std::move(payload),
                       headers = std::move(headers)] {
      handler_.message({subscription, "subject", reply, headers, status, payload});
    });
  }
  void go_up() {
    events_.push_back([this] {
      state_.link = nats::Link::kUp;
      state_.failure = nats::Failure::kNone;
      handler_.link_changed(nats::Link::kUp);
    });
  }
  // As the client does it: requests are answered before.
  void go_down(nats::Failure failure = nats::Failure::kClosed) {
    for (const Request& request : std::exchange(requests, {})) {
      answer(request.id, nats::ReplyResult::kBroken);
    }
    events_.push_back([this, failure] {
      state_.link = nats::Link::kConnecting;
      state_.failure = failure;
      state_.detail = "the server closed the connection";
      handler_.link_changed(nats::Link::kConnecting);
    });
  }
  [[nodiscard]] std::uint64_t last_request() const { return last_request_; }
  nats::State& mutable_state() { return state_; }

  std::vector<Request> requests;   // without an answer
  std::vector<Request> published;  // by publish()
  std::vector<std::string> subscriptions;
  std::vector<nats::Target> targets;
  MonoTime deadline{};  // of the last poll()
  int polls = 0;
  int wakes = 0;

 private:
  nats::Handler& handler_;
  nats::State state_;
  std::deque<std::function<void()>> events_;
  std::uint64_t inboxes_ = 0;
  std::uint64_t last_request_ = 0;
};

}  // namespace respand::fleet
