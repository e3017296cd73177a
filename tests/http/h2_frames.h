#pragma once
// Frames of HTTP/2 as bytes, and a server's end of a connection in the clear that sends them as a test wants. The
// script's thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "raw_server.h"

namespace respand::http::frames {

enum Type : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kReset,
  kSettings,
  kPush,
  kPing,
  kGoaway,
  kWindow,
  kContinuation
};
constexpr std::uint8_t kEndStream = 1;  // of DATA and HEADERS
constexpr std::uint8_t kAck = 1;        // of SETTINGS and PING
constexpr std::uint8_t kEndHeaders = 4;

inline std::string number(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
  return out;
}

inline std::string frame(Type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string out = number(static_cast<std::uint32_t>(payload.size()), 3);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  out += number(stream, 4);
  out += payload;
  return out;
}

inline std::string settings(std::string_view entries = {}) { return frame(kSettings, 0, 0, entries); }
inline std::string setting(std::uint16_t name, std::uint32_t value) { return number(name, 2) + number(value, 4); }
inline std::string reset(std::uint32_t stream, std::uint32_t code) { return frame(kReset, 0, stream, number(code, 4)); }
inline std::string goaway(std::uint32_t last, std::uint32_t code, std::string_view words = {}) {
  return frame(kGoaway, 0, 0, number(last, 4) + number(code, 4) + std::string(words));
}
// A header field that is not put into the table. Requires: name and value have less than 127 bytes.
inline std::string field(std::string_view name, std::string_view value) {
  std::string out(1, '\0');
  out.push_back(static_cast<char>(name.size()));
  out += name;
  out.push_back(static_cast<char>(value.size()));
  out += value;
  return out;
}
inline const std::string kStatus200 = "\x88";
// A whole answer.
inline std::string answer(std::uint32_t stream, std::string_view body = "{}") {
  return frame(kHeaders, kEndHeaders, stream, kStatus200) + frame(kData, kEndStream, stream, body);
}

// Reads what a client sends, frame by frame.
class Conversation {
 public:
  // Says hello with these settings.
  explicit Conversation(Peer& peer, std::string_view entries = {}) : peer_(peer) { peer_.send(settings(entries)); }
  // Waits for the next request's HEADERS, and returns its stream; none where the client has gone.
  std::optional<std::uint32_t> request() {
    for (;;) {
      const auto head = next();
      if (!head) {
        return std::nullopt;
      }
      if (static_cast<Type>((*head)[3]) == kHeaders) {
        return stream_of(*head);
      }
    }
  }
  bool send(std::string_view bytes) { return peer_.send(bytes); }
  Peer& peer() { return peer_; }

 private:
  static std::uint32_t stream_of(std::string_view head) {
    std::uint32_t stream = 0;
    for (const char c : head.substr(5, 4)) {
      stream = stream << 8 | static_cast<unsigned char>(c);
    }
    return stream;
  }
  // The head of the next frame; its payload is passed over.
  std::optional<std::string> next() {
    constexpr std::size_t kPreface = 24;
    if (!greeted_ && !have(kPreface)) {
      return std::nullopt;
    }
    if (!greeted_) {
      greeted_ = true;
      read_.erase(0, kPreface);
    }
    constexpr std::size_t kHead = 9;
    if (!have(kHead)) {
      return std::nullopt;
    }
    std::string head = read_.substr(0, kHead);
    std::size_t size = 0;
    for (const char c : head.substr(0, 3)) {
      size = size << 8 | static_cast<unsigned char>(c);
    }
    if (!have(kHead + size)) {
      return std::nullopt;
    }
    read_.erase(0, kHead + size);
    return head;
  }
  bool have(std::size_t bytes) {
    while (read_.size() < bytes) {
      const std::string more = peer_.some();
      if (more.empty()) {
        return false;
      }
      read_ += more;
    }
    return true;
  }

  Peer& peer_;
  std::string read_;
  bool greeted_ = false;
};

}  // namespace respand::http::frames
