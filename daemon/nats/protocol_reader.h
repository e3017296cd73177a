#pragma once
// ProtocolReader: NATS' text protocol as a client reads it, bytes in and events out, however the bytes are cut or
// merged. It trusts nothing: lines, counts and payloads have limits, and at the first thing that is not NATS it stops
// for good. Used by Connection, and by the fuzz target. Pure; one thread at a time.
//
// The caller reads from its socket into room(), says with filled() how much came, and takes events until kNone.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace respand::nats {

// What one step of the reader has found.
enum class Event : std::uint8_t {
  kNone,     // more bytes are needed
  kInfo,     // text: the server's JSON
  kMessage,  // message
  kPing,
  kPong,
  kOk,
  kError,   // text: what the server says, without its quotes
  kBroken,  // text: what does not fit, for people; every later step says the same
};

// A message as it stands in the buffer.
struct ReceivedMessage {
  std::string_view subject;
  std::string_view reply;
  std::string_view headers;
  std::string_view payload;
  std::uint64_t sid = 0;
  int status = 0;
};

class ProtocolReader {
 public:
  // The server's limit of a line is 4 KiB as well.
  static constexpr std::size_t kMaxLine = 4096;
  // Big clusters name many servers. A server's own limit is far below.
  static constexpr std::size_t kMaxInfo = 65536;
  // The largest max_payload that nats-server takes without a warning.
  static constexpr std::size_t kMaxPayload = 8U << 20;
  // The buffer, until something larger comes. It becomes as small again after a while without.
  static constexpr std::size_t kUsualBuffer = 65536;
  static constexpr unsigned kWhile = 64;  // calls of room()

  ProtocolReader();

  // Where the next bytes go, never empty. Ends the life of all views that were given out.
  [[nodiscard]] std::span<char> room();
  // So many bytes were put there. Requires: at most as many as there was room for.
  void filled(std::size_t count) { end_ += count; }
  // Takes the next event out of the bytes. Its views hold until the next call of room().
  [[nodiscard]] Event next();

  // Of the last event, where it has one.
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const ReceivedMessage& message() const { return message_; }

  // Whether every byte was read.
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  // Bytes of the buffer, for tests of its limit.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  // Words are kept as places, because the buffer moves while a message comes in.
  struct Place {
    std::size_t at = 0;  // behind begin_
    std::size_t size = 0;
  };
  [[nodiscard]] std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void resize(std::size_t capacity);
  Event broken(std::string_view why);
  Event line(std::string_view text);
  Event message_line(std::string_view arguments, bool with_headers);
  Event take_message();

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;    // of what is not read yet
  std::size_t end_ = 0;      // of what is there
  std::size_t scanned_ = 0;  // bytes behind begin_ that hold no end of a line
  // Of a message whose line was read and that is perhaps not all there: bytes of its line, of its headers, and of both
  // headers and payload, and where its words are in the line.
  std::size_t line_size_ = 0;
  std::size_t header_size_ = 0;
  std::size_t total_size_ = 0;
  Place subject_;
  Place reply_;
  bool in_message_ = false;
  unsigned since_large_ = 0;  // calls of room() since one needed more than the usual buffer
  bool broken_ = false;
  std::string_view text_;
  std::string why_;  // behind text_ once it is broken
  ReceivedMessage message_;
};

}  // namespace respand::nats
