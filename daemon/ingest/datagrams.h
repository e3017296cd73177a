#pragma once
// The datagram socket: one record a datagram. Nobody is answered; what can't be taken is counted. Where the door is
// full it stops reading, and the kernel holds the writers back. io thread only.

#include <memory>
#include <vector>

#include "ingest/door.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"

namespace respand::ingest {

class Datagrams final : public Client {
 public:
  struct Settings {
    Bytes max_record = record::kMaxRecord;
    std::vector<std::uint32_t> allow_uids;  // empty: all
  };

  // `socket` is bound and non-blocking. `loop`, `door` and `clock` are borrowed.
  Datagrams(Loop& loop, UniqueFd socket, const Settings& settings, Door& door, metrics::Registry& registry,
            const Clock& clock);

  // Requires: owned by a shared_ptr.
  [[nodiscard]] Status start();
  // Takes in what lies in the kernel's queue, as far as the door has room, and closes.
  void stop();

  void on_settled(const Mark&, journal::Outcome) override {}
  void on_news() override {}
  void on_room() override;

 private:
  enum class Received : std::uint8_t { kOne, kNone, kFull };
  [[nodiscard]] Received receive();
  [[nodiscard]] Received take(std::string_view bytes, bool whole, bool allowed);
  void refuse(const record::Refusal& refusal);
  void read_some();

  const Settings settings_;
  Door& door_;
  const Clock& clock_;
  const Counters counters_;
  log::Gate refusals_;
  std::unique_ptr<Watch> watch_;
  // Room for the largest record; pages that no datagram has reached take no memory.
  std::unique_ptr<char[]> memory_;
  std::string_view waiting_;  // read, whole and allowed, but the door was full
};

}  // namespace respand::ingest
