#include "respand/net/loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace respand::net {

namespace asio = boost::asio;
using ErrorCodeOf = boost::system::error_code;

// Handlers that wait in the loop may outlive their owner, so they share its state; `alive` says whether the owner still
// exists.

struct FdWatcher::State {
  State(Loop& loop, std::function<void()> on_readable, std::function<void()> on_writable)
      : descriptor(loop), readable(std::move(on_readable)), writable(std::move(on_writable)) {}
  asio::posix::stream_descriptor descriptor;
  UniqueFd paused;  // the descriptor, while the loop does not know it
  const std::function<void()> readable;
  const std::function<void()> writable;
  bool alive = true;
  bool waits_read = false;
  bool waits_write = false;
};

FdWatcher::FdWatcher(Loop& loop, UniqueFd fd, std::function<void()> readable, std::function<void()> writable)
    : state_(std::make_shared<State>(loop, std::move(readable), std::move(writable))) {
  ErrorCodeOf failed;
  state_->descriptor.assign(fd.get(), failed);
  if (!failed) {
    static_cast<void>(fd.release());
  }
}

FdWatcher::~FdWatcher() {
  state_->alive = false;
  state_->paused.reset();
  ErrorCodeOf ignored;
  state_->descriptor.close(ignored);
}

bool FdWatcher::ok() const { return state_->paused || state_->descriptor.is_open(); }
int FdWatcher::fd() const { return state_->paused ? state_->paused.get() : state_->descriptor.native_handle(); }

UniqueFd FdWatcher::release() {
  state_->alive = false;
  return state_->paused ? std::move(state_->paused) : UniqueFd(state_->descriptor.release());
}

void FdWatcher::pause() {
  if (ok() && !state_->paused && !state_->waits_read && !state_->waits_write) {
    state_->paused = UniqueFd(state_->descriptor.release());
  }
}

bool FdWatcher::resume() {
  ErrorCodeOf failed;
  if (state_->paused) {
    state_->descriptor.assign(state_->paused.get(), failed);
    static_cast<void>(failed ? -1 : state_->paused.release());
  }
  return !failed;
}

// Where the descriptor can't be watched, the wait fails, and so ends at once.
void FdWatcher::when_readable() {
  if (state_->waits_read) {
    return;
  }
  static_cast<void>(resume());
  state_->waits_read = true;
  state_->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [state = state_](const ErrorCodeOf&) {
    state->waits_read = false;
    if (state->alive) {
      state->readable();
    }
  });
}

void FdWatcher::when_writable() {
  if (state_->waits_write) {
    return;
  }
  static_cast<void>(resume());
  state_->waits_write = true;
  state_->descriptor.async_wait(asio::posix::stream_descriptor::wait_write, [state = state_](const ErrorCodeOf&) {
    state->waits_write = false;
    if (state->alive) {
      state->writable();
    }
  });
}

struct Timer::State {
  State(Loop& loop, std::function<void()> on_ring) : timer(loop), ring(std::move(on_ring)) {}
  asio::steady_timer timer;
  const std::function<void()> ring;
  std::uint64_t setting = 0;  // counts set(): an expiry that was queued before the last one is recognised and ignored
  bool is_set = false;
  bool alive = true;
};

Timer::Timer(Loop& loop, std::function<void()> ring) : state_(std::make_shared<State>(loop, std::move(ring))) {}

Timer::~Timer() {
  state_->alive = false;
  state_->timer.cancel();
}

void Timer::set(Duration from_now) {
  state_->is_set = true;
  state_->timer.expires_after(from_now);
  state_->timer.async_wait([state = state_, setting = ++state_->setting](const ErrorCodeOf&) {
    if (state->alive && state->is_set && state->setting == setting) {
      state->is_set = false;
      state->ring();
    }
  });
}

void Timer::cancel() {
  state_->is_set = false;
  state_->timer.cancel();
}

bool Timer::is_set() const { return state_->is_set; }

struct DeferredCall::State {
  State(Loop& to_run_on, std::function<void()> to_run) : loop(to_run_on), run(std::move(to_run)) {}
  Loop& loop;
  const std::function<void()> run;
  bool asked = false;
  bool alive = true;
};

DeferredCall::DeferredCall(Loop& loop, std::function<void()> run)
    : state_(std::make_shared<State>(loop, std::move(run))) {}
DeferredCall::~DeferredCall() { state_->alive = false; }

void DeferredCall::ask() {
  if (state_->asked) {
    return;
  }
  state_->asked = true;
  asio::post(state_->loop, [state = state_] {
    state->asked = false;
    if (state->alive) {
      state->run();
    }
  });
}

}  // namespace respand::net
