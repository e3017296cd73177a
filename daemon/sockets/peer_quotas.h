#pragma once
// PeerQuotas: how much each peer has handed in (for `status`), and how much each may a second: over the Unix sockets
// users, over TCP addresses. Who has used that up is not read from for a while; what was taken in is never given up for
// it. io thread only.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "respand/base/clock.h"
#include "respand/net/peer.h"

namespace respand::sockets {

// Of each user, a second; 0: none.
struct RateLimit {
  std::uint32_t records = 0;
  std::uint64_t bytes = 0;
};

struct RateLimits {
  RateLimit of_users{};
  RateLimit of_addresses{};
};

enum class PeerKind : std::uint8_t { kUid, kAddress };

// What one user has handed in.
struct PeerCount {
  std::uint32_t uid = 0;  // of an address its number
  PeerKind kind = PeerKind::kUid;
  std::string address = {};
  bool others = false;  // all that have no place of their own in the table
  std::uint64_t connections = 0;
  std::uint64_t records = 0;  // taken in
  std::uint64_t refused = 0;
  std::uint64_t bytes = 0;
  bool held_back = false;  // by the rate limit, now
};

class PeerQuota {
 public:
  // Nobody is held to less than this at once: a system call for a few bytes helps no one.
  static constexpr std::size_t kLeastRead = 4096;

  void took_bytes(std::size_t bytes) {
    count_.bytes += bytes;
    bytes_left_ -= static_cast<double>(bytes);
  }
  // `around` bytes of it are in the journal beside those that were read: of the limit of bytes a record costs what it
  // takes, however little of it was written.
  void took_record(std::size_t around) {
    ++count_.records;
    --records_left_;
    bytes_left_ -= static_cast<double>(around);
  }
  // One that was not looked at for the limit's sake: it costs nothing of it.
  void turned_away() { ++count_.refused; }
  void refused(std::uint64_t records) {
    count_.refused += records;
    records_left_ -= static_cast<double>(records);
  }
  [[nodiscard]] std::uint32_t uid() const { return count_.uid; }
  [[nodiscard]] bool is(const PeerCount& one) const { return count_.kind == one.kind && count_.uid == one.uid; }
  // Nothing of one that stands for many, and of an address.
  [[nodiscard]] std::optional<std::uint32_t> known_uid() const {
    return count_.others || count_.kind == PeerKind::kAddress ? std::nullopt : std::optional(count_.uid);
  }
  [[nodiscard]] std::uint64_t connections() const { return count_.connections; }
  // How long until it may hand in more; 0: it may now. What a record needed beyond the limit is waited for afterwards.
  [[nodiscard]] Duration wait(MonoTime now);
  // Bytes to read from it at once, at most `most`.
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
  double records_left_ = 0;  // of the last second; below 0: owed
  double bytes_left_ = 0;
  MonoTime filled_{};
};

class PeerQuotas {
 public:
  // Users with a place of their own. Who comes later takes that of one without a connection and without a debt, or
  // shares one with others.
  static constexpr std::size_t kMost = 256;

  PeerQuotas(net::Access access, const RateLimit& limit, PeerKind kind = PeerKind::kUid)
      : access_(std::move(access)), limit_(limit), kind_(kind) {}

  [[nodiscard]] const net::Access& access() const { return access_; }
  void reconfigure(net::Access access, const RateLimit& limit);

  // The user of a datagram: until the next call of this or of connect().
  [[nodiscard]] PeerQuota& of(std::uint32_t uid, MonoTime now);
  // The user of a connection: until disconnect().
  [[nodiscard]] PeerQuota& connect(std::uint32_t uid, MonoTime now);
  // The same of an address.
  [[nodiscard]] PeerQuota& connect(const net::Address& address, MonoTime now);
  static void disconnect(PeerQuota& user) { --user.count_.connections; }
  [[nodiscard]] bool limited() const { return limit_.records > 0 || limit_.bytes > 0; }
  // Those who have handed in most, first.
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
