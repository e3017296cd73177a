#pragma once
// PeerQuotas: how much each peer has handed in (for `status`), and how much it may hand in a second. A peer is a user
// over the Unix sockets, and an address over TCP. A peer that has used up its limit is not read from for a while;
// records that were read are never dropped for it. io thread only.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "respand/base/clock.h"
#include "respand/net/peer.h"

namespace respand::sockets {

// The limit for each peer, a second; 0: no limit.
struct RateLimit {
  std::uint32_t records = 0;
  std::uint64_t bytes = 0;
};

struct RateLimits {
  RateLimit of_users{};
  RateLimit of_addresses{};
};

enum class PeerKind : std::uint8_t { kUid, kAddress };

// What one peer has handed in.
struct PeerCount {
  std::uint32_t uid = 0;  // the number of an address, for kAddress
  PeerKind kind = PeerKind::kUid;
  std::string address = {};
  bool others = false;  // it stands for all peers without a place of their own in the table
  std::uint64_t connections = 0;
  std::uint64_t records = 0;  // taken in
  std::uint64_t refused = 0;
  std::uint64_t bytes = 0;
  bool held_back = false;  // by the rate limit, now
};

class PeerQuota {
 public:
  // Each read takes at least this much: a system call for a few bytes helps nobody.
  static constexpr std::size_t kLeastRead = 4096;

  void took_bytes(std::size_t bytes) {
    count_.bytes += bytes;
    bytes_left_ -= static_cast<double>(bytes);
  }
  // A record was taken. `around`: how many bytes it takes in the journal beside those that were read. They count
  // against the limit as well: what is limited is the room that records take.
  void took_record(std::size_t around) {
    ++count_.records;
    --records_left_;
    bytes_left_ -= static_cast<double>(around);
  }
  // A record was refused because of the limit, without being looked at. It does not count against the limit.
  void turned_away() { ++count_.refused; }
  void refused(std::uint64_t records) {
    count_.refused += records;
    records_left_ -= static_cast<double>(records);
  }
  [[nodiscard]] std::uint32_t uid() const { return count_.uid; }
  [[nodiscard]] bool is(const PeerCount& one) const { return count_.kind == one.kind && count_.uid == one.uid; }
  // None where it stands for many users, or is an address.
  [[nodiscard]] std::optional<std::uint32_t> known_uid() const {
    return count_.others || count_.kind == PeerKind::kAddress ? std::nullopt : std::optional(count_.uid);
  }
  [[nodiscard]] std::uint64_t connections() const { return count_.connections; }
  // How long until the peer may hand in more; 0: it may now. A record may exceed what is left; the peer then waits
  // longer afterwards.
  [[nodiscard]] Duration wait(MonoTime now);
  // How many bytes to read from it at once, at most `most`.
  [[nodiscard]] std::size_t allowance(std::size_t most) const;

 private:
  friend class PeerQuotas;
  PeerQuota(std::uint32_t uid, PeerKind kind, const RateLimit& limit) : limit_(limit) {
    count_.uid = uid;
    count_.kind = kind;
  }
  void fill_up(MonoTime now);

  const RateLimit& limit_;
  PeerCount count_;
  double records_left_ = 0;  // saved up, at most a second's; below 0: owed
  double bytes_left_ = 0;    // the same
  MonoTime filled_{};
};

class PeerQuotas {
 public:
  // How many peers have a place of their own. A later one takes the place of a peer without a connection and without a
  // debt, or shares one place with others.
  static constexpr std::size_t kMost = 256;

  PeerQuotas(net::Access access, const RateLimit& limit, PeerKind kind = PeerKind::kUid)
      : access_(std::move(access)), limit_(limit), kind_(kind) {}

  [[nodiscard]] const net::Access& access() const { return access_; }
  void reconfigure(net::Access access, const RateLimit& limit);

  // The user of a datagram. The reference holds until the next call of this or of connect().
  [[nodiscard]] PeerQuota& of(std::uint32_t uid, MonoTime now);
  // The user of a connection. The reference holds until disconnect().
  [[nodiscard]] PeerQuota& connect(std::uint32_t uid, MonoTime now);
  // The address of a connection over TCP. The same.
  [[nodiscard]] PeerQuota& connect(const net::Address& address, MonoTime now);
  static void disconnect(PeerQuota& user) { --user.count_.connections; }
  [[nodiscard]] bool limited() const { return limit_.records > 0 || limit_.bytes > 0; }
  // All peers, those with the most records first.
  [[nodiscard]] std::vector<PeerCount> counts(MonoTime now);

 private:
  [[nodiscard]] bool make_room(MonoTime now);

  net::Access access_;
  RateLimit limit_;
  const PeerKind kind_;
  std::map<std::uint32_t, std::unique_ptr<PeerQuota>> peer_quotas_;
  std::unique_ptr<PeerQuota> others_;
};

}  // namespace respand::sockets
