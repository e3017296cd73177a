#pragma once
// H2Peer: the server's end of a connection over TLS and HTTP/2, for the scripts of a RawServer. It shows requests, and
// takes answers, as HTTP/1.1 would write them, so that one script tests both. Its script's thread.

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "raw_server.h"
#include "respand/http/client.h"

namespace respand::http {

// A target to such a server, or to one in the clear.
[[nodiscard]] Target target_to(const RawServer& server);

// What all such servers of a test program share: a certificate for localhost and 127.0.0.1, and HTTP/2 by ALPN.
class H2ServerTls {
 public:
  [[nodiscard]] static SSL_CTX* context();
  // The file of the authority that clients have to trust.
  [[nodiscard]] static std::string authority();
};

class H2Peer final : public Peer {
 public:
  // For RawServer::Place.
  [[nodiscard]] static std::unique_ptr<Peer> make(int fd);
  std::optional<std::string> request() override;
  // Answers the request that request() has returned last. Requires: `bytes` holds a whole answer with its length,
  // perhaps behind interim ones.
  bool send(std::string_view bytes) override;

 private:
  explicit H2Peer(int fd);
  struct Callbacks;
  struct FreeSsl {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  };
  struct FreeSession {
    void operator()(nghttp2_session* session) const { ::nghttp2_session_del(session); }
  };
  struct Incoming {
    std::string first_line;
    std::string headers;
    std::string body;
  };
  [[nodiscard]] bool flush();
  [[nodiscard]] bool read_some();

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::unique_ptr<nghttp2_session, FreeSession> session_;
  std::map<std::int32_t, Incoming> incoming_;
  std::deque<std::pair<std::int32_t, std::string>> whole_;
  std::int32_t current_ = 0;  // the stream of the last request()
  std::string answer_;        // the body that is being sent
  std::size_t answered_ = 0;  // bytes of it
  bool ready_ = false;
};

}  // namespace respand::http
