#pragma once
// Connection: one accepted connection. It moves bytes between a socket and its protocol, and waits for what the
// protocol needs. It reads into the scratch memory that all connections share, once each time the socket is readable,
// so that an idle connection costs next to nothing and a busy one takes turns with the others. io thread only.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "respand/net/listener.h"
#include "respand/net/loop.h"
#include "sockets/activity.h"
#include "sockets/batching_producer.h"
#include "sockets/connection_buffers.h"
#include "sockets/connection_state.h"
#include "sockets/protocol.h"
#include "sockets/read_gate.h"

namespace respand::sockets {

class Connections;

class Connection final : public Submitter {
 public:
  // `home` outlives it. `user` is null where the peer is not known; PeerQuotas::disconnect() is called for it when the
  // connection closes.
  Connection(Connections& home, UniqueFd socket, net::Transport transport, PeerQuota* user);

  // Requires: owned by a shared_ptr. False where the loop can't watch the socket.
  [[nodiscard]] bool start();
  // In place of start(): goes on with a connection of an earlier process.
  [[nodiscard]] bool resume(ConnectionState connection_state);
  // At a stop. Takes in what the peer has sent so far, waits for commits, answers, and closes. Where connections go to
  // the next process, it leaves for that as soon as nothing is in flight.
  void stop();
  // Closes at once, and removes itself from its owner.
  void close();
  // Called in the turn of the loop that next_turn() asked for.
  void on_turn();
  // Called by GatheredReads.
  void read_gathered();
  // Since when it has held memory that others wait for without making progress, if that is at least `grace` ago.
  [[nodiscard]] std::optional<MonoTime> stalled_since(MonoTime now, Duration grace) const;
  [[nodiscard]] net::Transport transport() const { return transport_; }
  [[nodiscard]] const PeerQuota* user() const { return user_; }
  // When its peer will have kept its place for too long; none where the place may be kept for ever.
  [[nodiscard]] std::optional<MonoTime> deadline() const;
  // Ends the connection, with an answer if it is in the middle of a request. Requires: deadline() has passed.
  void time_out();
  // Since when the connection has been of no use: nothing has come of it so far, or it waits for another request. None
  // where it is of use: then it keeps its place even if others find none.
  [[nodiscard]] std::optional<MonoTime> idle_since() const;

  void on_committed(const PendingAck& pending, journal::CommitResult outcome) override;
  void on_news() override;
  void on_room() override;

 private:
  // How the connection ends, and how far it is.
  struct Ending {
    bool eof = false;        // the peer has closed its side
    bool stopping = false;   // the daemon stops
    bool leaving = false;    // the connection is to go on in the next process
    bool lingering = false;  // further input is thrown away, so that the peer can read the last answer
    std::size_t lingered = 0;
  };

  void on_readable();
  void on_writable();
  void go_on();
  void want_input();
  bool read(bool last = false);
  void speak(Speaks what);
  void run(std::string_view input);
  void note_phase();
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
  ReadGate gate_;
  Activity activity_;
  WaitFor need_ = WaitFor::kInput;
  Ending ending_;
  InputRest rest_;  // input that was read and can't be worked on yet
  OutputBuffer output_;
};

}  // namespace respand::sockets
