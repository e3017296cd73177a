// The part of Connection that is about restarts: what it does at a stop, and how it goes on in the next process.

#include <utility>

#include "sockets/connections.h"

namespace respand::sockets {

bool Connection::resume(ConnectionState connection_state) {
  if (!watcher_->ok()) {
    return false;
  }
  output_.text() = std::move(connection_state.output);
  if (connection_state.speaks == Speaks::kNothing) {
    want_input();
    return true;
  }
  speak(connection_state.speaks);
  protocol_->resume(connection_state);
  rest_.set(std::move(connection_state.input));
  go_on();
  return true;
}

void Connection::stop() {
  if (watcher_ == nullptr) {
    return;
  }
  const auto self = shared_from_this();
  if (ending_.lingering) {
    close();
    return;
  }
  ending_.leaving = home_.hands_over();
  const bool reads = need_ == WaitFor::kInput && !ending_.eof;
  // The writer of what lies in the kernel's buffer may be gone, so it is read now: one last read.
  const bool was_read = reads && read(true);
  ending_.stopping = true;
  if (watcher_ == nullptr || leave() || ending_.leaving) {
    return;
  }
  if (reads && (!was_read || need_ == WaitFor::kInput)) {
    run({});
  }
}

// Leaves for the next process, if it is to and nothing is in flight: no record that waits for its commit, no answer
// that the protocol still owes. True: the connection is gone from this process.
bool Connection::leave() {
  const bool over =
      need_ == WaitFor::kClose || need_ == WaitFor::kLinger || need_ == WaitFor::kCommit || need_ == WaitFor::kTurn;
  if (!ending_.leaving || ending_.eof || output_.deaf() || over) {
    return false;
  }
  ConnectionState connection_state;
  connection_state.tcp = transport_ == net::Transport::kTcp;
  if (protocol_ != nullptr && !protocol_->leave(connection_state)) {
    return false;
  }
  connection_state.input.append(rest_.view());
  connection_state.output.assign(output_.unsent());
  UniqueFd socket = watcher_->release();
  watcher_.reset();
  home_.hand_over(std::move(connection_state), std::move(socket));
  end();
  return true;
}

}  // namespace respand::sockets
