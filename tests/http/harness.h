#pragma once
// Drives a Client in tests: starts requests, polls until all are answered, and checks the one invariant that all
// callers rely on: every request gets exactly one answer, with its own payload.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/http/client.h"

namespace respand::http {

inline Target target_to(const std::string& url) {
  start_library();
  Target target;
  target.url = url;
  target.bearer = "sk-very-secret";
  target.user_agent = "respand/test";
  target.request_timeout = std::chrono::seconds{20};  // longer than any test takes, unless it is about time-outs
  target.max_connections = 8;
  return target;
}

class Harness {
 public:
  explicit Harness(const Target& target) : Harness(make_client(target, system_clock())) {}
  explicit Harness(std::unique_ptr<Client> made) : owned_(std::move(made)), client(*owned_) {}

  void start(std::size_t count) {
    for (; count > 0; --count, ++started_) {
      client.start(started_, payload(started_));
    }
  }
  // Polls until nothing is in flight; the answers by id.
  std::map<std::uint64_t, Answer> finish() {
    std::map<std::uint64_t, Answer> all;
    std::vector<Answer> some;
    while (client.in_flight() > 0) {
      client.poll(
          MonoTime::max(), [] { return true; }, some);
      for (Answer& answer : some) {
        EXPECT_EQ(answer.payload, payload(answer.id));
        EXPECT_EQ(answer.detail.find("secret"), std::string::npos);
        EXPECT_EQ(answer.status == 0, answer.failure != Failure::kNone);
        EXPECT_TRUE(all.emplace(answer.id, std::move(answer)).second) << "answered twice";
      }
      some.clear();
    }
    return all;
  }
  // One request from its start to its answer.
  Answer one() {
    const std::uint64_t id = started_;
    start(1);
    auto all = finish();
    EXPECT_EQ(all.size(), 1U);
    return std::move(all[id]);
  }
  static std::string payload(std::uint64_t id) { return cat("{\"n\":", id, "}"); }

 private:
  const std::unique_ptr<Client> owned_;

 public:
  Client& client;

 private:
  std::uint64_t started_ = 0;
};

}  // namespace respand::http
