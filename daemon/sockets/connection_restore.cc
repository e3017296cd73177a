// What a connection does at a stop, and how it goes on in the next process.

#include <utility>

#include "sockets/connections.h"

namespace respand::sockets {

bool Connection::resume(ConnectionState connection_state) {
  if (!watcher_->ok()) {
    return false;
  }
  out_ = std::move(connection_state.output);
  if (connection_state.speaks == Speaks::kNothing) {
    want_input();
    return true;
  }
  speak(connection_state.speaks);
  protocol_->resume(connection_state);
  rest_ = std::move(connection_state.input);
  go_on();
  return true;
}

void Connection::stop() {
  if (watcher_ == nullptr) {
    return;
  }
  const auto self = shared_from_this();
  if (lingering_) {
    close();
    return;
  }
  leaving_ = home_.hands_over();
  const bool reads = need_ == WaitFor::kInput && !eof_;
  // What lies in the kernel's buffer was handed over by a writer that may be gone: one last read.
  const bool was_read = reads && read(true);
  stopping_ = true;
  if (watcher_ == nullptr || leave() || leaving_) {
    return;
  }
  if (reads && (!was_read || need_ == WaitFor::kInput)) {
    run({});
  }
}

// Whether it has left for the next process; it is then gone from here. Not with answers or records on their way.
bool Connection::leave() {
  const bool over =
      need_ == WaitFor::kClose || need_ == WaitFor::kLinger || need_ == WaitFor::kCommit || need_ == WaitFor::kTurn;
  if (!leaving_ || eof_ || deaf_ || over) {
    return false;
  }
  ConnectionState connection_state;
  connection_state.tcp = transport_ == net::Transport::kTcp;
  if (protocol_ != nullptr && !protocol_->leave(connection_state)) {
    return false;
  }
  connection_state.input.append(rest_, rest_at_);
  connection_state.output.assign(out_, out_at_);
  UniqueFd socket = watcher_->release();
  watcher_.reset();
  home_.hand_over(std::move(connection_state), std::move(socket));
  end();
  return true;
}

}  // namespace respand::sockets
