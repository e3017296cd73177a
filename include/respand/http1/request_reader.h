#pragma once
// HttpRequestReader: takes one HTTP/1.x request after the other out of bytes that arrive in pieces (with Beast's
// parser). It is strict where leniency would let two readers of the same bytes see different requests. Used by sockets;
// one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/units.h"

namespace respand::http1 {

// The reader of one connection.
class HttpRequestReader {
 public:
  // The most bytes of a request's start line, and of its headers; curl and the SDKs send less than 1 KiB.
  static constexpr std::size_t kHeaderLimit = 8 * 1024;

  // What read() came to.
  enum class Step : std::uint8_t {
    kMore,    // the input is used up
    kHead,    // the headers are complete: said once, before any byte of the body is looked at
    kDone,    // the request is complete: next() before the next read()
    kBroken,  // status() and error() say why; nothing that follows on this connection can be understood
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

  // A request with a larger body is refused (kBroken, status 413).
  explicit HttpRequestReader(Bytes max_body);
  ~HttpRequestReader();

  // Takes bytes off the front of `input`, up to the next thing worth saying.
  [[nodiscard]] Step read(std::string_view& input);
  // The headers of the request at hand; holds until next().
  [[nodiscard]] const Head& head() const;
  // The body is not wanted: its bytes are counted against the limit and thrown away. Called from kHead on.
  void discard_body();
  // The body, complete at kDone: a view into the input of the last read() where all of it lay there, else into the
  // reader's own memory.
  [[nodiscard]] std::string_view body() const;
  // Gives the body's memory back; body() no longer holds.
  void release_body();
  // Whether a request has begun and not ended: the end of the connection would cut it off.
  [[nodiscard]] bool in_request() const;
  // Bytes that bring another reader to where this one is: the request at hand, as it was understood, and what came
  // behind it. `body` is the body of a request that is complete; `unpacked`: its Content-Encoding was undone.
  // Requires: not kBroken, no discard_body().
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
  std::unique_ptr<Parser> parser_;
  std::string partial_;   // bytes of a header or chunk header that is not complete, and what came behind them
  std::string head_;      // what the parser has taken of headers that are not complete
  bool starved_ = false;  // the parser has seen all of partial_ and needs more
  bool head_said_ = false;
  bool half_line_end_ = false;  // the CR of a line end in front of a request was taken
  unsigned status_ = 0;
  std::string error_;
};

}  // namespace respand::http1
