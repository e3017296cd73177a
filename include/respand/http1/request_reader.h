#pragma once
// Reads one HTTP/1.x request after the other from bytes that arrive in pieces (Beast's parser is behind it). It is
// strict where leniency would let two readers of the same bytes see different requests. It is the only reader of
// requests: sockets (intake), app (pages, control socket) and sink use it. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/units.h"

namespace respand::http1 {

// What becomes of a body over the limit.
enum class LargeBody : std::uint8_t {
  kRefuse,   // the request is broken, with status 413: nothing behind it is read
  kDiscard,  // the body is read to its end and thrown away; body_too_large() says so, and the next request can follow
};

// The reader of one connection.
class HttpRequestReader {
 public:
  // The most bytes of a request's start line, and of its headers; curl and the SDKs send less than 1 KiB.
  static constexpr std::size_t kHeaderLimit = 8 * 1024;

  // What read() came to.
  enum class Step : std::uint8_t {
    kMore,    // the input is used up
    kHead,    // the headers are complete: returned once, before any byte of the body is looked at
    kDone,    // the request is complete: next() before the next read()
    kBroken,  // status() and error() say why; what follows on this connection can't be understood
  };

  // What the headers say; meaningful from kHead on.
  struct Head {
    // The start line, and what follows from the headers about the body and the connection. expects_unknown: an Expect
    // header asks for something else than 100-continue.
    bool post = false;
    std::string method;
    std::string target;
    bool http_1_0 = false;
    bool keep_alive = false;
    bool has_body = false;
    bool expects_continue = false;
    bool expects_unknown = false;
    // The values of headers, empty where there is none. Where a name comes more than once the last value counts, except
    // for Content-Encoding, whose values become a list.
    std::string host;
    std::string content_type;
    std::string content_encoding;
    std::string user_agent;
    std::string origin;
    std::string authorization;    // Authorization; a secret
    std::string fetch_site;       // Sec-Fetch-Site
    std::string request_method;   // Access-Control-Request-Method: a browser asks before it posts
    std::string request_headers;  // Access-Control-Request-Headers
    std::string kept;             // whole lines of headers that the API is to see (kept_headers.h)
  };

  // `large_body`: what becomes of a body with more than `max_body` bytes.
  explicit HttpRequestReader(Bytes max_body, LargeBody large_body = LargeBody::kRefuse);
  ~HttpRequestReader();

  // Takes bytes off the front of `input`, up to the next thing worth saying.
  [[nodiscard]] Step read(std::string_view& input);
  // The headers of the request at hand; holds until next().
  [[nodiscard]] const Head& head() const;
  // The body is not wanted: its bytes are counted against the limit and thrown away. Called from kHead on.
  void discard_body();
  // Complete at kDone. A view into the input of the last read() where all of the body lay in it, else into the reader's
  // own memory.
  [[nodiscard]] std::string_view body() const;
  // The body went over the limit and was thrown away. Only with LargeBody::kDiscard.
  [[nodiscard]] bool body_too_large() const;
  // Gives the body's memory back; body() no longer holds.
  void release_body();
  // A request has begun and is not complete: an end of the connection here cuts it off.
  [[nodiscard]] bool in_request() const;
  // Bytes that bring another reader to where this one is: the current request, as it was understood, and what came
  // behind it. `body` is the body of a complete request; `unpacked`: it is no longer in its Content-Encoding. Requires:
  // not kBroken, no discard_body(), LargeBody::kRefuse.
  [[nodiscard]] std::string so_far(std::string_view body, bool unpacked = false) const;
  // Begins the next request; body() no longer holds.
  void next();

  // Why read() said kBroken: the HTTP status to answer with, and one clause for the client.
  [[nodiscard]] unsigned status() const;
  [[nodiscard]] std::string_view error() const;
  // Bytes of memory that the reader holds.
  [[nodiscard]] std::size_t memory() const;

 private:
  class Parser;
  // Takes line ends off the front of `input`; false where they are none.
  [[nodiscard]] bool skip_line_ends(std::string_view& input);
  Step feed(std::string_view& input);
  Step step(std::string_view& bytes, bool borrowed);
  Step broken(unsigned status, std::string_view error);

  const Bytes max_body_;
  const LargeBody large_body_;
  std::unique_ptr<Parser> parser_;
  std::string partial_;   // bytes of an incomplete header or chunk header, and what came behind them
  std::string head_;      // what the parser has taken of incomplete headers
  bool starved_ = false;  // the parser has seen all of partial_ and needs more
  bool head_said_ = false;
  bool half_line_end_ = false;  // the CR of a line end in front of a request was taken, its LF not yet
  unsigned status_ = 0;
  std::string error_;
};

}  // namespace respand::http1
