#pragma once
// StreamWatch: asks the cluster now and then what the stream is (STREAM.INFO), and tells what the stream promises less
// than nats.require wants. The edge's or the relay's thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/info_request.h"
#include "respand/base/clock.h"
#include "respand/base/units.h"
#include "respand/fleet/edge_state.h"
#include "respand/metrics/metrics.h"
#include "respand/nats/client.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

// nats.require.
struct Requirements {
  int replicas = 3;
  std::string server = "2.10.23";  // the least version; empty: any
};

class StreamWatch {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{15};
  // Requests with this bit in their id are those of a StreamWatch.
  static constexpr std::uint64_t kIdBit = std::uint64_t{1} << 63;

  // `client` is borrowed.
  StreamWatch(std::string_view stream, Requirements require, nats::Client& client);

  // Asks where it is due. `mark` comes back from mark() with the answer.
  void step(MonoTime now, StreamMark mark = {});
  // Asks again at once: the connection is a new one.
  void restart() { request_.restart(); }
  // When step() has something to do; MonoTime::max(): not before an answer or a connection comes.
  [[nodiscard]] MonoTime due() const { return request_.due(); }
  // Takes an answer to step(). True where it says what the stream is.
  bool answered(const nats::Reply& reply, MonoTime now);

  // What was said last; nothing before the first answer.
  [[nodiscard]] const std::optional<nats::StreamInfo>& info() const { return info_; }
  [[nodiscard]] StreamMark mark() const { return mark_; }
  // The last answer says that there is no such stream.
  [[nodiscard]] bool missing() const { return missing_; }
  // The stream has answered a message since.
  void saw_it() { missing_ = false; }
  // What the cluster promises less than is wanted, as one clause; empty: nothing, or it is not known yet.
  [[nodiscard]] std::string unmet() const;
  [[nodiscard]] std::optional<StreamDepth> depth() const;

 private:
  const Requirements require_;
  const nats::Client& client_;
  InfoRequest request_;
  std::optional<nats::StreamInfo> info_;
  bool missing_ = false;
  StreamMark mark_;
};

// What the metrics page shows of a stream.
class StreamGauges {
 public:
  explicit StreamGauges(metrics::Registry& registry);
  void set(const std::optional<StreamDepth>& depth, WallTime now) const;

 private:
  metrics::Gauge messages_;
  metrics::Gauge bytes_;
  metrics::Gauge max_bytes_;
  metrics::Gauge oldest_;
};

// "2026-11-29T21:00:00.123456789Z", or with an offset; nothing where it is no such time.
[[nodiscard]] std::optional<WallTime> time_of(std::string_view text);

}  // namespace respand::fleet
