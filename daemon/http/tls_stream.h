#pragma once
// TlsStream: TLS of one connection as bytes in and bytes out, by OpenSSL; it knows no socket. What is to be sent
// gathers in out(), record behind record, so that one call of the system takes many of them. Used by H2Connection; one
// thread.

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/tls_context.h"

namespace respand::http {

class TlsStream {
 public:
  enum class Progress : std::uint8_t {
    kMore,    // it waits for bytes of the server
    kDone,    // the handshake is over; or some bytes were read
    kClosed,  // the server has ended it in good order
    kFailed,  // why() says why
  };

  // Begins with `host`: a name, which goes to the server (SNI), or an IP address; the certificate has to be for it.
  TlsStream(std::shared_ptr<TlsContext> context, const std::string& host);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Takes bytes of the server, which are borrowed until they are used up: until handshake() or read() says kMore.
  void take(std::span<const std::uint8_t> bytes) { in_ = bytes; }
  [[nodiscard]] Progress handshake();
  // After a failed handshake: whether the certificate is what was wrong.
  [[nodiscard]] bool certificate_refused() const { return certificate_refused_; }
  // After the handshake: whether the server chose HTTP/2.
  [[nodiscard]] bool chose_h2() const;

  // Reads some plain bytes; kDone: `size` of them.
  [[nodiscard]] Progress read(std::span<std::uint8_t> to, std::size_t& size);
  // Appends the bytes to out() in records that are as large as they can be. False: why() says why.
  [[nodiscard]] bool write(std::string_view bytes);
  // Says farewell, as TLS demands of an end in good order; without it the session would not be resumed.
  void close();
  // What is to be sent; the owner takes it away.
  [[nodiscard]] std::string& out() { return out_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  };
  struct Memory;  // OpenSSL's end: reads from in_, writes to out_
  [[nodiscard]] Progress failed(int result);

  std::shared_ptr<TlsContext> context_;
  std::span<const std::uint8_t> in_;
  std::string out_;
  std::string why_;
  bool certificate_refused_ = false;
  bool broken_ = false;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace respand::http
