#pragma once
// RelayPeers: the relays of a stream that share delivery.rate_limit, and what part of it is this one's. Each relay
// announces itself with plain messages and hears the others; each takes limit / number. Nothing is stored, and nobody
// leads. The relay's thread.
//
// The sum of all parts must not be above the limit, so a part is a lease. It holds for kLease behind the sending of the
// last announcement that came back from the server, and so went round. The others count a relay for kForget behind its
// last announcement, which is longer: they take its part only once its lease is over, also where it can't say so. A
// relay that has no lease takes the smallest part, and does so until it has listened for kForget, in which a lease that
// it does not know of ends, or its holder is heard. The two intervals between both times are for messages that are on
// their way or lost. A relay is forgotten only where the consumer has answered since: the smaller half of a cluster
// that is split does not take over what the larger half goes on using.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/units.h"
#include "respand/fleet/relay_state.h"
#include "respand/nats/client.h"

namespace respand::fleet {

class RelayPeers {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{2};
  static constexpr Duration kForget = std::chrono::seconds{10};
  static constexpr Duration kLease = kForget - 2 * kInterval;
  // Without an answer of the consumer for so long, this relay may be on the wrong side of a split cluster.
  static constexpr Duration kConsumerSilence = std::chrono::seconds{25};
  // Announcements at the start of which none comes back, until that is said.
  static constexpr std::uint64_t kUnanswered = kForget / kInterval;
  // After the server has denied the subject.
  static constexpr Duration kTryAgain = std::chrono::seconds{60};

  // Called where the share differs from the one before, on the relay's thread.
  using Use = std::function<void(const RelayShare&)>;

  // `id` is this process's own, and random. `client` is borrowed.
  RelayPeers(std::string_view stream, std::uint64_t id, Use use, nats::Client& client);

  // From now on the limit (requests a second of all together) is shared, or it is this relay's own.
  void configure(bool shared, std::uint32_t limit, MonoTime now);
  // Announces, forgets, and says what the part is. `consumer`: when the consumer answered last; nothing: never. True
  // where it is to be asked again, because somebody is to be forgotten.
  [[nodiscard]] bool step(MonoTime now, std::optional<MonoTime> consumer);
  // What has come on a subscription; whether it was an announcement's.
  bool take(const nats::Message& message, MonoTime now);
  // Announces at once: the connection is a new one.
  void restart() { announce_at_ = MonoTime::min(); }
  // Tells the others. Nothing is announced any more until configure().
  void leave();

  [[nodiscard]] MonoTime due() const;
  [[nodiscard]] const RelayShare& share() const { return share_; }
  // Whether what the server has denied last is the subject of the announcements, now or some time ago.
  [[nodiscard]] bool was_denied() const { return client_.state().denied == subject_; }

 private:
  struct Peer {
    std::uint64_t id = 0;
    MonoTime heard_at{};
  };
  struct Sent {
    std::uint64_t number = 0;
    MonoTime at{};
  };

  void announce(MonoTime now);
  void look_for_denial(MonoTime now);
  void echoed(std::uint64_t number, MonoTime now);
  void hear(std::uint64_t id, MonoTime now);
  [[nodiscard]] bool forget();
  [[nodiscard]] Sharing sharing(MonoTime now) const;
  void decide(MonoTime now);
  void say() const;

  const std::string subject_;
  const std::uint64_t id_;
  const Use use_;
  nats::Client& client_;
  bool shared_ = false;
  std::optional<std::uint64_t> subscription_;
  std::uint64_t announcements_ = 0;
  std::uint64_t joined_at_ = 0;  // the number of announcements before the first of this sharing
  std::array<Sent, 8> sent_{};   // the last ones, by their number
  MonoTime announce_at_ = MonoTime::min();
  std::vector<Peer> peers_;             // at most kMostRelays - 1
  std::optional<MonoTime> went_round_;  // when the last announcement was sent that came back
  MonoTime listens_since_{};            // without a gap in the lease
  std::optional<MonoTime> consumer_;    // as step() was told last
  bool denied_ = false;
  std::uint64_t denials_ = 0;  // of the client, as far as they were looked at
  RelayShare share_;
};

}  // namespace respand::fleet
