#include "app/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>

namespace respand::app {
namespace {

int open_signalfd() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ::sigaddset(&set, signal);
  }
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

struct Signals::Impl {
  Impl(boost::asio::io_context& loop, std::function<void(int)> handler)
      : descriptor(loop, open_signalfd()), on_signal(std::move(handler)) {}

  void wait() {
    descriptor.async_wait(
        boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& failure) {
          if (failure) {
            return;  // the loop is going away
          }
          signalfd_siginfo info{};
          while (::read(descriptor.native_handle(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            on_signal(static_cast<int>(info.ssi_signo));
          }
          wait();
        });
  }

  boost::asio::posix::stream_descriptor descriptor;
  std::function<void(int)> on_signal;
};

Signals::Signals(boost::asio::io_context& loop, std::function<void(int)> on_signal)
    : impl_(std::make_unique<Impl>(loop, std::move(on_signal))) {
  impl_->wait();
}

Signals::~Signals() = default;

}  // namespace respand::app
