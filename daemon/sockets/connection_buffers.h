#pragma once
// What a connection holds of bytes: answers on their way to the peer, and input that can't be worked on yet. Both are
// without memory while there is nothing in them. io thread only.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace respand::sockets {

class OutputBuffer {
 public:
  // Where answers are appended.
  [[nodiscard]] std::string& text() { return text_; }
  // Sends what is there, as far as the socket takes it. True: there may be more to be said; false: nothing is left, or
  // the peer's buffer is full (blocked()).
  [[nodiscard]] bool send(int socket);
  // The peer's buffer is full: until the socket is writable.
  [[nodiscard]] bool blocked() const { return blocked_; }
  void note_writable() { blocked_ = false; }
  // The peer takes no more answers, but what it sent still counts.
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
  // Keeps what is left of an input, which is the end of view(), or of a buffer that is used again.
  void keep(std::string_view left);
  void release() { keep({}); }

 private:
  std::string text_;
  std::size_t at_ = 0;  // worked on up to here
};

}  // namespace respand::sockets
