#pragma once
// Datagrams: the datagram socket. Each datagram is one record. Senders get no answers; datagrams that can't be taken
// are counted. While the producer is full nothing is read, and the kernel holds the senders back. io thread only.

#include <memory>
#include <optional>

#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "sockets/batching_producer.h"

namespace respand::sockets {

class Datagrams final : public Submitter {
 public:
  struct Settings {
    Bytes max_record = record::kMaxRecord;
  };

  // `socket` is bound and non-blocking. All but `settings` is borrowed.
  Datagrams(net::Loop& loop, UniqueFd socket, const Settings& settings, BatchingProducer& producer, PeerQuotas& users,
            metrics::Registry& registry, const Clock& clock);

  // Requires: owned by a shared_ptr.
  [[nodiscard]] Status start();
  // Takes in what lies in the kernel's queue, as far as the producer has room, and closes.
  void stop();

  void on_committed(const PendingAck&, journal::CommitResult) override {}
  void on_news() override {}
  void on_room() override;

 private:
  enum class Received : std::uint8_t { kOne, kNone, kFull };
  [[nodiscard]] Received receive();
  [[nodiscard]] bool admits(const std::optional<net::Peer>& sender, std::string_view bytes);
  [[nodiscard]] Received take(std::string_view bytes, bool whole);
  [[nodiscard]] Received submit(std::string_view bytes);
  void refuse_user(std::string_view why, const metrics::Counter& rejected, const std::optional<net::Peer>& sender);
  void note_refused(const record::Refusal& refusal);
  void read_some();

  const Settings settings_;
  BatchingProducer& producer_;
  PeerQuotas& peer_quotas_;
  const Clock& clock_;
  const encode::Counters counters_;
  log::LogThrottle refusals_;
  std::unique_ptr<net::FdWatcher> watcher_;
  // Room for the largest record; pages that no datagram has reached take no memory.
  std::unique_ptr<char[]> memory_;
  std::string_view waiting_;       // a datagram that was read and allowed, but for which the producer had no room
  std::uint32_t waiting_uid_ = 0;  // the uid of its sender
};

}  // namespace respand::sockets
