#include "bench/fixed_workers.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "bench/rig.h"
#include "tests/support/client.h"

namespace respand::bench {
namespace {

constexpr double kFirstWait = 0.5;  // seconds
constexpr double kLongestWait = 30;

Duration wait_of(std::uint32_t attempts, const std::optional<test::HttpMessage>& answer, Random& random) {
  const double longest = std::min(kLongestWait, kFirstWait * std::pow(2.0, attempts));
  const double told = answer ? std::strtod(answer->header("retry-after").c_str(), nullptr) : 0;
  return std::chrono::ceil<Duration>(
      std::chrono::duration<double>(std::max(told, longest * (0.5 + 0.5 * random.unit()))));
}

}  // namespace

FixedWorkers::FixedWorkers(std::uint16_t port, std::uint64_t records, std::uint32_t workers)
    : port_(port), record_(record_line(300)), state_(State{.left = records, .waiting = {}}) {
  for (std::uint32_t i = 0; i < workers; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

FixedWorkers::~FixedWorkers() { stop_ = true; }

void FixedWorkers::work() {
  test::Client client = test::Client::connect_tcp(port_);
  while (!stop_) {
    const MonoTime now = system_clock().mono();
    const auto attempts = state_.with([&](State& state) -> std::optional<std::uint32_t> {
      if (!state.waiting.empty() && state.waiting.top().due <= now) {
        const std::uint32_t tried = state.waiting.top().attempts;
        state.waiting.pop();
        return tried;
      }
      if (state.left == 0 || state.waiting.size() >= kMostOpen) {
        return std::nullopt;
      }
      --state.left;
      return 0U;
    });
    if (!attempts) {
      ::usleep(1000);  // a benchmark's own pace: nothing is due
      continue;
    }
    const auto answer = client.request("POST", "/api/request-logs/create/", record_);
    if (!answer) {
      client = test::Client::connect_tcp(port_);
    }
    if (!answer || answer->status() != 200) {
      state_.with([&](State& state) {
        state.waiting.push({system_clock().mono() + wait_of(*attempts, answer, state.random), *attempts + 1});
      });
    }
  }
}

}  // namespace respand::bench
