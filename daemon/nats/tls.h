#pragma once
// TLS over OpenSSL, as a transformer of bytes: what the socket gave goes in, what it is to send comes out. It knows no
// socket and never waits. The server's chain is checked against the given authorities alone, or the system's, and its
// names by us, because a server that the cluster named may show its address or the name that we were given. Used by
// Connection. The owner's thread.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nats/connection_failure.h"
#include "respand/base/result.h"
#include "respand/nats/client.h"

struct ssl_ctx_st;
struct ssl_st;

namespace respand::nats {

// What all sessions share: authorities and our certificate.
class TlsContext {
 public:
  // Reads the files that `target` names. The error says which one can't be used, and why.
  [[nodiscard]] static Result<TlsContext> make(const Target& target);

 private:
  friend class TlsSession;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

class TlsSession {
 public:
  enum class Progress : std::uint8_t {
    kMore,    // bytes of the server are needed
    kDone,    // the handshake is over; or: some bytes were read
    kClosed,  // the server has ended the session
    kFailed,  // failure() says why
  };

  // Begins the handshake. The certificate must be for one of `names`, host names or addresses; the first one is the one
  // that the server is told. Requires: there is one.
  TlsSession(const TlsContext& context, std::vector<std::string> names);

  // Takes what the socket gave.
  void receive(std::string_view bytes);
  // Goes on with the handshake. kDone: the server is who it must be.
  [[nodiscard]] Progress handshake();
  // Decrypts into `out`, at most `out.size()` bytes; `count` says how many.
  [[nodiscard]] Progress read(std::span<char> out, std::size_t& count);
  // Encrypts. False: the session has failed. Requires: the handshake is done.
  [[nodiscard]] bool write(std::string_view bytes);
  // Appends what the socket is to send.
  void take_output(std::string& out);

  [[nodiscard]] const ConnectionFailure& failure() const { return failure_; }

 private:
  struct Free {
    void operator()(ssl_st* session) const;
  };
  Progress outcome(int returned);
  Progress fail(Failure failure, std::string detail);
  [[nodiscard]] bool names_fit() const;

  std::unique_ptr<ssl_st, Free> session_;
  std::vector<std::string> names_;
  ConnectionFailure failure_;
};

}  // namespace respand::nats
