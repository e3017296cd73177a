#pragma once
// One accepted connection: moves bytes between a socket and its protocol, and waits for what the protocol needs. It
// reads into the scratch memory that all connections share, once for each readiness, so that an idle one costs next to
// nothing and a busy one takes turns with the others. io thread only.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "respand/net/listener.h"
#include "respand/net/loop.h"
#include "sockets/batching_producer.h"
#include "sockets/connection_state.h"
#include "sockets/partial_record_pool.h"
#include "sockets/patience.h"
#include "sockets/protocol.h"

namespace respand::sockets {

class Connections;

class Connection final : public Submitter {
 public:
  // `home` outlives it. `user`, null where nobody knows whose it is, is left (Users::disconnect) when it closes.
  Connection(Connections& home, UniqueFd socket, net::Transport transport, PeerQuota* user);
  ~Connection() override;

  // Requires: owned by a shared_ptr. False where the loop can't watch the socket.
  [[nodiscard]] bool start();
  // Goes on with a connection of an earlier process, in place of start().
  [[nodiscard]] bool resume(ConnectionState connection_state);
  // Takes in what the peer has sent so far, waits for what is on its way, answers, and closes; or, where connections
  // are handed over, leaves for the next process as soon as nothing is on its way.
  void stop();
  // Closes at once. The owner lets go of it.
  void close();
  // In the next turn of the loop.
  void on_turn();
  // Whether it keeps others from memory without getting on.
  [[nodiscard]] bool stalled(MonoTime now, Duration grace) const;
  [[nodiscard]] MonoTime stalled_since() const { return lease_.since; }
  [[nodiscard]] net::Transport transport() const { return transport_; }
  [[nodiscard]] const PeerQuota* user() const { return user_; }
  // When it has kept its peer's place for too long; nothing where there is no end to it.
  [[nodiscard]] std::optional<MonoTime> deadline() const;
  // Ends it, with an answer where it is in the middle of a request. Requires: deadline() has passed.
  void time_out();
  // Since when it has been of no use: nothing came of it so far, or it waits for another request. Nothing where it is
  // of use: then it keeps its place also where others have none.
  [[nodiscard]] std::optional<MonoTime> idle_since() const;

  void on_committed(const PendingAck& pending, journal::CommitResult outcome) override;
  void on_news() override;
  void on_room() override;

 private:
  void on_readable();
  void on_writable();
  void on_budget();
  void go_on();
  void want_input();
  [[nodiscard]] bool held_back();
  bool read(bool last = false);
  void choose_protocol(char first);
  void speak(Speaks what);
  void run(std::string_view input);
  void note_phase();
  void keep(std::string_view input);
  void count_memory(WaitFor waits_for);
  void wait_for(WaitFor waits_for);
  void write();
  void linger();
  [[nodiscard]] bool leave();
  void end();

  Connections& home_;
  const net::Transport transport_;
  std::unique_ptr<net::FdWatcher> watcher_;
  std::unique_ptr<Protocol> protocol_;  // chosen at the first byte
  PartialRecordPool::BufferLease lease_;
  Patience patience_;
  const MonoTime opened_;
  MonoTime heard_;                         // when something came last
  std::uint64_t bytes_ = 0;                // that came so far
  std::uint64_t completed_ = 0;            // of protocol_, when it had last taken all of its input
  std::unique_ptr<net::Timer> held_back_;  // set while its user has to wait; made the first time

  WaitFor need_ = WaitFor::kInput;
  bool eof_ = false;
  bool stopping_ = false;
  bool leaving_ = false;  // it is to go on in the next process
  bool lingering_ = false;
  bool blocked_ = false;  // the peer's buffer is full: waits for on_writable()
  bool deaf_ = false;     // the peer takes no more answers, but what it sent still counts
  std::string rest_;      // input that was read and can't be worked on yet
  std::size_t rest_at_ = 0;
  std::string out_;  // answers, sent up to out_at_
  std::size_t out_at_ = 0;
  std::size_t lingered_ = 0;
};

}  // namespace respand::sockets
