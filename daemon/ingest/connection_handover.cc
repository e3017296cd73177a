// What a connection does at a stop, and how it goes on in the next process.

#include <utility>

#include "ingest/connections.h"

namespace respand::ingest {

bool Connection::resume(Baton baton) {
  if (!watch_->ok()) {
    return false;
  }
  out_ = std::move(baton.output);
  if (baton.speaks == Speaks::kNothing) {
    want_input();
    return true;
  }
  speak(baton.speaks);
  protocol_->resume(baton);
  rest_ = std::move(baton.input);
  go_on();
  return true;
}

void Connection::stop() {
  if (watch_ == nullptr) {
    return;
  }
  const auto self = shared_from_this();
  if (lingering_) {
    close();
    return;
  }
  leaving_ = home_.hands_over();
  const bool reads = need_ == Need::kInput && !eof_;
  // What lies in the kernel's buffer was handed over by a writer that may be gone: one last read.
  const bool was_read = reads && read(true);
  stopping_ = true;
  if (watch_ == nullptr || leave() || leaving_) {
    return;
  }
  if (reads && (!was_read || need_ == Need::kInput)) {
    run({});
  }
}

// Whether it has left for the next process; it is then gone from here. Not with answers or records on their way.
bool Connection::leave() {
  const bool over = need_ == Need::kClose || need_ == Need::kLinger || need_ == Need::kSettle || need_ == Need::kTurn;
  if (!leaving_ || eof_ || deaf_ || over) {
    return false;
  }
  Baton baton;
  baton.tcp = transport_ == Transport::kTcp;
  if (protocol_ != nullptr && !protocol_->leave(baton)) {
    return false;
  }
  baton.input.append(rest_, rest_at_);
  baton.output.assign(out_, out_at_);
  UniqueFd socket = watch_->release();
  watch_.reset();
  home_.hand_over(std::move(baton), std::move(socket));
  end();
  return true;
}

}  // namespace respand::ingest
