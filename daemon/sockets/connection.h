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
  // `home` outlives it. `user`, null where nobody knows whose it is, is left (Users::disconnect) when it closes.
  Connection(Connections& home, UniqueFd socket, net::Transport transport, PeerQuota* user);

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
  // Since when it has kept others from memory without getting on, where that is `grace` ago.
  [[nodiscard]] std::optional<MonoTime> stalled_since(MonoTime now, Duration grace) const;
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
  // How far it has come to its end.
  struct Ending {
    bool eof = false;        // the peer has closed its side
    bool stopping = false;   // the daemon stops
    bool leaving = false;    // it is to go on in the next process
    bool lingering = false;  // what comes is thrown away, so that the peer can read the last answer
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
  InputRest rest_;  // that was read and can't be worked on yet
  OutputBuffer output_;
};

}  // namespace respand::sockets
