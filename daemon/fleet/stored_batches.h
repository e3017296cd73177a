#pragma once
// StoredBatches: batches that the stream has acknowledged, until they are kept and acknowledged to the journal. That
// may wait for a turn while something is ready to be sent, because a server that syncs each message must not wait for
// it. The edge's thread.

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/edge_counters.h"
#include "fleet/kept_messages.h"
#include "fleet/message_builder.h"
#include "respand/journal/reader.h"

namespace respand::fleet {

class StoredBatches {
 public:
  // All are borrowed.
  StoredBatches(journal::JournalReader& journal, KeptMessages& kept, EdgeCounters& counters)
      : journal_(journal), kept_(kept), counters_(counters) {}

  // The stream has it at this place; `late`: it went to a stream that was lost meanwhile. Takes the message, and leaves
  // the batch without records.
  void add(OpenBatch& batch, std::uint64_t sequence, bool late);
  // Keeps and acknowledges what was added since the last call.
  void finish();
  // The same, unless `urgent`: then it is done a turn later, so that it comes at all.
  void finish_unless(bool urgent);

  // Since the start.
  [[nodiscard]] std::uint64_t batches() const { return batches_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  struct Stored {
    std::string id;
    std::string message;
    std::uint64_t sequence;  // in the stream
    bool late;
  };

  journal::JournalReader& journal_;
  KeptMessages& kept_;
  EdgeCounters& counters_;
  std::vector<Stored> stored_;
  std::vector<journal::Ack> acks_;
  std::uint64_t batches_ = 0;
  std::uint64_t records_ = 0;
  bool put_off_ = false;  // the last turn did nothing
};

}  // namespace respand::fleet
