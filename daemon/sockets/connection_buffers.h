#pragma once
// The bytes that a connection holds: answers that the peer has not taken yet (OutputBuffer), and input that can't be
// worked on yet (InputRest). Empty ones hold no memory, apart from a little for answers. io thread only.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace respand::sockets {

class OutputBuffer {
 public:
  // Where answers are appended.
  [[nodiscard]] std::string& text() { return text_; }
  // Sends what is there, as far as the socket takes it. True: there is room for more answers; false: nothing is left to
  // send, or the socket's buffer is full (blocked()).
  [[nodiscard]] bool send(int socket);
  // The socket's buffer is full, until note_writable().
  [[nodiscard]] bool blocked() const { return blocked_; }
  void note_writable() { blocked_ = false; }
  // The peer takes no more answers; what it has sent still counts.
  [[nodiscard]] bool deaf() const { return deaf_; }
  [[nodiscard]] std::string_view unsent() const { return std::string_view(text_).substr(sent_); }
  void release() { std::string().swap(text_); }

 private:
  std::string text_;
  std::size_t sent_ = 0;  // of text_
  bool blocked_ = false;
  bool deaf_ = false;
};

class InputRest {
 public:
  [[nodiscard]] std::string_view view() const { return std::string_view(text_).substr(at_); }
  [[nodiscard]] std::size_t memory() const { return text_.capacity(); }
  void set(std::string text) { text_ = std::move(text); }
  // Keeps what is left of the input: either the end of view(), or the end of a buffer that is about to be reused.
  void keep(std::string_view left);
  void release() { keep({}); }

 private:
  std::string text_;
  std::size_t at_ = 0;  // text_ was worked on up to here
};

}  // namespace respand::sockets
