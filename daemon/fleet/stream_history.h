#pragma once
// StreamHistory: how far the stream had come, by what the cluster has acknowledged, and which batches are on their way;
// kept in the file of borders. It tells a stream that was lost: one that was made anew, or that has gone back behind a
// message that it had acknowledged. The edge's thread.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fleet/borders.h"
#include "fleet/state_file.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/fleet/edge_state.h"
#include "respand/fs/file_system.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

class StreamHistory {
 public:
  // Reads the file. One of another journal, or a damaged one, counts as none. All is borrowed but the texts.
  // `keeps`: what the stream acknowledges is kept, so that a loss can be mended.
  enum class Keeps : bool { kNo, kYes };
  StreamHistory(std::uint64_t journal, std::string stream, Keeps keeps, const std::string& folder, fs::FileSystem& fs,
                const Clock& clock);

  // The batches of the run before that were not acknowledged.
  [[nodiscard]] const std::vector<SequenceSet>& planned() const { return borders_.batches; }
  // What is asked or published from now on comes behind this.
  [[nodiscard]] StreamMark mark() const { return {borders_.stream_sequence, losses_}; }

  // Writes down which batches are on their way. It survives a kill -9; where it fails, it is said, and relays sort out
  // what the server then can't.
  void write(std::vector<SequenceSet> batches);
  // What the stream is, and mark() when that was asked.
  void look_at(const nats::StreamInfo& info, StreamMark mark);
  // A message was stored; `mark`: mark() when it was published.
  void stored(const nats::PubAck& ack, StreamMark mark);
  // An operator has seen that the stream was lost. Kept messages are published again all the same.
  void confirm_loss();
  // A kept message is to be published again although all of them were.
  void republish_more();
  // All kept messages are published again; `whole`: that is all that no relay had taken.
  void republished(bool whole);

  [[nodiscard]] bool lost() const { return borders_.stream_lost; }
  // Whether kept messages wait to be published again, perhaps since the run before.
  [[nodiscard]] bool must_republish() const { return borders_.republishes; }
  // The loss has cost nothing: all that no relay had taken is published again.
  [[nodiscard]] bool mended() const { return lost() && !borders_.republishes && !borders_.not_whole; }
  // Whether the stream has acknowledged anything so far.
  [[nodiscard]] bool has_acknowledged() const { return borders_.stream_sequence > 0; }
  [[nodiscard]] const std::string& lost_how() const { return lost_how_; }

 private:
  void lose(std::string how, std::uint64_t begin_again);
  void save(StateFile::Durable durable);

  const std::string stream_;
  const Keeps keeps_;
  const Clock& clock_;
  StateFile file_;
  Borders borders_;
  std::string lost_how_;
  std::uint32_t losses_ = 0;
  log::LogThrottle failures_;
};

}  // namespace respand::fleet
