#include "nats/protocol_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "respand/base/text.h"
#include "respand/base/trim.h"

namespace respand::nats {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kBlanks = " \t";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

// Operations are told apart without case. Behind the operation comes a blank or the end of the line.
bool begins_with(std::string_view line, std::string_view operation) {
  return line.size() >= operation.size() &&
         std::equal(operation.begin(), operation.end(), line.begin(),
                    [](char wanted, char found) { return wanted == upper(found); }) &&
         (line.size() == operation.size() || is_blank(line[operation.size()]));
}

// Digits only: no sign, no blanks, and nothing that 64 bits cannot hold.
template <typename Number>
std::optional<Number> digits_in(std::string_view text) {
  Number number{};
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data(), last, number);
  const bool whole = !text.empty() && text.front() != '-' && code == std::errc{} && end == last;
  return whole ? std::optional(number) : std::nullopt;
}

// The words of a message's line: subject, subscription, perhaps a reply subject, and one count or two.
struct Words {
  static constexpr std::size_t kMost = 5;
  std::array<std::string_view, kMost> word;
  std::size_t count = 0;  // kMost + 1: there are more
};

Words words_of(std::string_view text) {
  Words words;
  for (text = trimmed(text, kBlanks); !text.empty(); text = trimmed(text, kBlanks)) {
    const auto end = std::find_if(text.begin(), text.end(), is_blank);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (words.count == Words::kMost) {
      ++words.count;
      return words;
    }
    words.word[words.count++] = text.substr(0, size);
    text.remove_prefix(size);
  }
  return words;
}

// "NATS/1.0 503 No Responders": 503. Publishers may put anything into headers, so what is no status is none.
int status_of(std::string_view headers) {
  constexpr std::string_view kVersion = "NATS/1.0 ";
  if (!headers.starts_with(kVersion)) {
    return 0;
  }
  const std::string_view behind = headers.substr(kVersion.size());
  const auto number = digits_in<int>(behind.substr(0, 3));
  const bool ends = behind.size() > 3 && (is_blank(behind[3]) || behind[3] == '\r');
  return number && *number >= 100 && ends ? *number : 0;
}

}  // namespace

ProtocolReader::ProtocolReader() { resize(kUsualBuffer); }

void ProtocolReader::resize(std::size_t capacity) {
  std::unique_ptr<char[]> larger(new char[capacity]);  // not filled with zeros, unlike make_unique's
  if (end_ != begin_) {
    std::memcpy(larger.get(), buffer_.get() + begin_, end_ - begin_);
  }
  buffer_ = std::move(larger);
  capacity_ = capacity;
  end_ -= begin_;
  begin_ = 0;
}

std::span<char> ProtocolReader::room() {
  const std::size_t waiting = end_ - begin_;
  // What is unread needs this much in all; a line that has not ended yet may become an INFO of the largest size.
  const std::size_t needed = in_message_ ? line_size_ + total_size_ + kLineEnd.size() : waiting + 1;
  since_large_ = needed > kUsualBuffer ? 0 : since_large_ + 1;
  if (needed > capacity_) {
    resize(std::max(needed, std::min(2 * needed, kMaxPayload)));
  } else if (capacity_ > kUsualBuffer && waiting < kUsualBuffer && since_large_ > kWhile) {
    resize(kUsualBuffer);
  } else if (begin_ != 0 && (waiting == 0 || capacity_ - end_ < kUsualBuffer / 2 || begin_ + needed > capacity_)) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, waiting);
    begin_ = 0;
    end_ = waiting;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

Event ProtocolReader::broken(std::string_view why) {
  why_ = why;
  broken_ = true;
  text_ = why_;
  return Event::kBroken;
}

Event ProtocolReader::next() {
  if (broken_) {
    text_ = why_;
    return Event::kBroken;
  }
  if (in_message_) {
    return take_message();
  }
  const std::string_view text = unread();
  const std::size_t end = text.find('\n', scanned_);
  // The limit counts neither CR nor LF. It is judged first, so that a verdict does not depend on how the bytes were
  // cut.
  const std::size_t limit = begins_with(text.substr(0, 5), "INFO") ? kMaxInfo : kMaxLine;
  if (std::min(end, text.size()) > limit + 1) {
    return broken(cat("a line of more than ", limit, " bytes"));
  }
  if (end == std::string_view::npos) {
    scanned_ = text.size();
    return Event::kNone;
  }
  scanned_ = 0;
  if (end == 0 || text[end - 1] != '\r') {
    return broken("a line that does not end with CR LF");
  }
  const std::string_view whole = text.substr(0, end - 1);
  line_size_ = end + 1;
  const Event event = line(whole);
  if (event == Event::kBroken || in_message_) {
    return event == Event::kBroken ? event : take_message();
  }
  begin_ += line_size_;
  return event;
}

Event ProtocolReader::line(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; })) {
    return broken("a line with control characters");
  }
  if (begins_with(text, "MSG")) {
    return message_line(text.substr(3), false);
  }
  if (begins_with(text, "HMSG")) {
    return message_line(text.substr(4), true);
  }
  if (begins_with(text, "PING")) {
    return Event::kPing;
  }
  if (begins_with(text, "PONG")) {
    return Event::kPong;
  }
  if (begins_with(text, "+OK")) {
    return Event::kOk;
  }
  if (begins_with(text, "INFO")) {
    text_ = trimmed(text.substr(4), kBlanks);
    return Event::kInfo;
  }
  if (begins_with(text, "-ERR")) {
    text_ = trimmed(text.substr(4), kBlanks);
    if (text_.size() >= 2 && text_.front() == '\'' && text_.back() == '\'') {
      text_ = text_.substr(1, text_.size() - 2);
    }
    return Event::kError;
  }
  return broken(cat("a line that begins with \"", printable(text, 24), '"'));
}

Event ProtocolReader::message_line(std::string_view arguments, bool with_headers) {
  const Words words = words_of(arguments);
  const std::size_t fewest = with_headers ? 4 : 3;
  if (words.count != fewest && words.count != fewest + 1) {
    return broken(cat("a message's line with ", words.count, " words"));
  }
  const auto sid = digits_in<std::uint64_t>(words.word[1]);
  const auto total = digits_in<std::uint64_t>(words.word[words.count - 1]);
  const auto header = with_headers ? digits_in<std::uint64_t>(words.word[words.count - 2]) : std::uint64_t{0};
  if (!sid || !total || !header) {
    return broken("a message's line whose numbers are none");
  }
  if (*total > kMaxPayload) {
    return broken(cat("a message of ", *total, " bytes; at most ", kMaxPayload, " are taken"));
  }
  if (*header > *total) {
    return broken("a message whose headers are longer than the message");
  }
  // The words stand in the line, which is at the front of what is unread.
  const auto place = [&](std::string_view word) {
    return Place{static_cast<std::size_t>(word.data() - (buffer_.get() + begin_)), word.size()};
  };
  subject_ = place(words.word[0]);
  reply_ = words.count > fewest ? place(words.word[2]) : Place{};
  message_.sid = *sid;
  header_size_ = *header;
  total_size_ = *total;
  in_message_ = true;
  return Event::kMessage;
}

Event ProtocolReader::take_message() {
  const std::string_view text = unread();
  const std::size_t size = line_size_ + total_size_ + kLineEnd.size();
  // The first byte behind the payload is judged as soon as it is there, so that nobody waits for a second one.
  if (text.size() > line_size_ + total_size_ && text[line_size_ + total_size_] != '\r') {
    return broken("a payload that does not end with CR LF");
  }
  if (text.size() < size) {
    return Event::kNone;
  }
  if (text[size - 1] != '\n') {
    return broken("a payload that does not end with CR LF");
  }
  const std::string_view body = text.substr(line_size_, total_size_);
  message_.subject = text.substr(subject_.at, subject_.size);
  message_.reply = text.substr(reply_.at, reply_.size);
  message_.headers = body.substr(0, header_size_);
  message_.payload = body.substr(header_size_);
  message_.status = status_of(message_.headers);
  in_message_ = false;
  begin_ += size;
  return Event::kMessage;
}

}  // namespace respand::nats
