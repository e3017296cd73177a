#pragma once
// Reads HTTP/1.1 requests from a stream of bytes (Beast's parser behind it), one after the other. Memory is kept
// between requests, so that a usual one allocates nothing. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace respand::sink {

// What the sink reads of a request.
struct Request {
  enum class Method : std::uint8_t { kPost, kGet, kHead, kOther };
  Method method = Method::kOther;
  bool keep_alive = true;
  bool too_large = false;  // the body went over the limit: it was read to its end and discarded
  bool encoded = false;    // a Content-Encoding that the sink does not read
  std::string target;
  std::string authorization;
  std::string content_type;
  std::string body;
};

class RequestReader {
 public:
  enum class State : std::uint8_t {
    kMore,      // all that could be used is used; needs more bytes
    kContinue,  // as kMore, and the client waits for 100 Continue; said once a request
    kComplete,  // request() is whole; the next feed() begins a new one
    kBroken,    // this is not HTTP
  };

  // Bodies over `max_body` bytes are discarded as they come.
  explicit RequestReader(std::size_t max_body);
  ~RequestReader();

  // Takes bytes from the front of `input`. Bytes left in it belong to the next request, or (kMore) to a head that is
  // not complete: give them again with what follows. A head may have 8 KiB.
  [[nodiscard]] State feed(std::string_view& input);
  // Holds until the next feed().
  [[nodiscard]] const Request& request() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::sink
