#pragma once
// TlsContext: what the TLS connections to one server share: whom they trust, what they offer, and the sessions
// (tickets) that the next connection resumes. Used by H2Engine and TlsStream; one thread.

#include <openssl/ssl.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "respand/base/result.h"

namespace respand::http {

class TlsContext {
 public:
  // `ca_file`: these certificates alone are trusted; empty: the system's, as libcurl was built to find them. An error
  // says that the file can't be used.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> make(const std::string& ca_file);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }
  // Whether the file has been replaced or changed since it was read, so that a new context is to be made.
  [[nodiscard]] bool outdated() const;
  // Lets a connection resume the newest session that is kept, if there is one.
  void resume(SSL* ssl);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  };
  struct FreeSession {
    void operator()(SSL_SESSION* session) const { ::SSL_SESSION_free(session); }
  };
  using Session = std::unique_ptr<SSL_SESSION, FreeSession>;
  // What tells one content of a file from another; all 0: there is none.
  struct FileState {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t changed = 0;  // nanoseconds
    friend bool operator==(const FileState&, const FileState&) = default;
  };

  explicit TlsContext(std::string ca_file);
  [[nodiscard]] static FileState state_of(const std::string& file);
  [[nodiscard]] bool configure();
  void keep(Session session);

  const std::string ca_file_;
  const FileState read_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::deque<Session> sessions_;
};

// The oldest of OpenSSL's errors that nobody has taken yet, in its words; `else_text` where there is none. Takes all.
[[nodiscard]] std::string tls_error(const char* else_text);

}  // namespace respand::http
