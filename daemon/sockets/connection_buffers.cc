#include "sockets/connection_buffers.h"

#include <sys/socket.h>

#include <cerrno>

namespace respand::sockets {
namespace {

// How much memory for answers an idle connection keeps: enough for a few acks.
constexpr std::size_t kKeptOutput = 256;

}  // namespace

bool OutputBuffer::send(int socket) {
  if (text_.empty() || deaf_) {
    text_.clear();
    sent_ = 0;
    if (text_.capacity() > kKeptOutput) {
      release();
    }
    return false;
  }
  const ssize_t n = ::send(socket, text_.data() + sent_, text_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n >= 0) {
    sent_ += static_cast<std::size_t>(n);
  } else if (errno == EAGAIN) {
    blocked_ = true;
  } else if (errno != EINTR) {
    deaf_ = true;
  }
  if (sent_ == text_.size()) {
    text_.clear();
    sent_ = 0;
  }
  return !blocked_;
}

void InputRest::keep(std::string_view left) {
  if (left.empty()) {
    std::string().swap(text_);
    at_ = 0;
  } else if (text_.empty()) {
    text_.assign(left);
    at_ = 0;
  } else {
    at_ = text_.size() - left.size();
  }
}

}  // namespace respand::sockets
