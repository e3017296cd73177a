#include "http/tls_context.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "respand/base/text.h"

namespace respand::http {
namespace {

// A server hands out two tickets with a connection, as a rule; each serves once.
constexpr std::size_t kMaxSessions = 8;

// In the order of preference, each with its length in front (RFC 7301).
constexpr std::array<unsigned char, 12> kProtocols = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Trusts what libcurl would, from the places that it was built with.
bool trust_the_system(SSL_CTX* context) {
  const curl_version_info_data* const curl = ::curl_version_info(CURLVERSION_NOW);
  if (curl->cainfo == nullptr && curl->capath == nullptr) {
    return ::SSL_CTX_set_default_verify_paths(context) == 1;
  }
  // Each may be missing on this host. Where both are, nobody is trusted, which the handshake says.
  if (curl->cainfo != nullptr) {
    static_cast<void>(::SSL_CTX_load_verify_file(context, curl->cainfo));
  }
  if (curl->capath != nullptr) {
    static_cast<void>(::SSL_CTX_load_verify_dir(context, curl->capath));
  }
  ::ERR_clear_error();
  return true;
}

}  // namespace

std::string tls_error(const char* else_text) {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  const char* const words = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
  return words != nullptr ? words : else_text;
}

TlsContext::TlsContext(std::string ca_file)
    : ca_file_(std::move(ca_file)), read_(state_of(ca_file_)), context_(::SSL_CTX_new(::TLS_client_method())) {
  if (!context_) {
    std::abort();  // Out of memory, or no TLS library: nothing can be sent.
  }
}

Result<std::shared_ptr<TlsContext>> TlsContext::make(const std::string& ca_file) {
  std::shared_ptr<TlsContext> made(new TlsContext(ca_file));
  if (!made->configure()) {
    const std::string_view whose = ca_file.empty() ? std::string_view("the system") : std::string_view(ca_file);
    return error(ErrorCode::kInvalid,
                 cat("the certificates of ", whose, " can't be used: ", tls_error("no reason is given")));
  }
  return made;
}

bool TlsContext::configure() {
  SSL_CTX* const context = context_.get();
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // As libcurl does: a certificate of the file is trusted even if it is not the root of its chain.
  ::X509_STORE_set_flags(::SSL_CTX_get_cert_store(context), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  ::SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_set_ex_data(context, 0, this);
  ::SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    static_cast<TlsContext*>(::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(ssl), 0))->keep(Session(session));
    return 1;  // The session is ours.
  });
  return ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         ::SSL_CTX_set_alpn_protos(context, kProtocols.data(), kProtocols.size()) == 0 &&
         (ca_file_.empty() ? trust_the_system(context) : ::SSL_CTX_load_verify_file(context, ca_file_.c_str()) == 1);
}

TlsContext::FileState TlsContext::state_of(const std::string& file) {
  struct stat found {};
  if (file.empty() || ::stat(file.c_str(), &found) != 0) {
    return {};
  }
  return {found.st_dev, found.st_ino, found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec};
}

bool TlsContext::outdated() const { return state_of(ca_file_) != read_; }

void TlsContext::keep(Session session) {
  sessions_.push_back(std::move(session));
  if (sessions_.size() > kMaxSessions) {
    sessions_.pop_front();
  }
}

void TlsContext::resume(SSL* ssl) {
  while (!sessions_.empty()) {
    Session session = std::move(sessions_.back());
    sessions_.pop_back();
    // One that has ended badly is of no more use.
    if (::SSL_SESSION_is_resumable(session.get()) != 1) {
      continue;
    }
    ::SSL_set_session(ssl, session.get());
    if (::SSL_SESSION_get_protocol_version(session.get()) < TLS1_3_VERSION) {
      sessions_.push_back(std::move(session));  // A ticket of TLS 1.3 serves once, so that nobody can link connections.
    }
    return;
  }
}

}  // namespace respand::http
