#include "nats/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <limits>

#include "respand/base/check.h"
#include "respand/base/lookup.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

// OpenSSL counts in int.
constexpr std::size_t kMostAtOnce = std::numeric_limits<int>::max() / 2;

// The oldest error of this thread's queue, which is emptied.
std::string openssl_error() {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  const char* reason = ::ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

// Alerts by which a server refuses our certificate, or asks for one (RFC 8446, 6.2).
bool is_about_our_certificate(unsigned long code) {
  constexpr int kAlerts = 1000;  // OpenSSL's reasons are the alerts' numbers above this
  constexpr std::array kOurs = {42, 43, 44, 45, 46, 48, 49, 116};
  const int alert = ERR_GET_REASON(code) - kAlerts;
  return std::find(kOurs.begin(), kOurs.end(), alert) != kOurs.end();
}

Error file_error(std::string_view what, const std::string& file) {
  return error(ErrorCode::kInvalid, cat(what, ' ', file, ": ", openssl_error()));
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }
void TlsSession::Free::operator()(ssl_st* session) const { ::SSL_free(session); }

Result<TlsContext> TlsContext::make(const Target& target) {
  ::ERR_clear_error();
  TlsContext made;
  made.context_.reset(::SSL_CTX_new(::TLS_client_method()));
  SSL_CTX* const context = made.context_.get();
  if (context == nullptr || ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return error(ErrorCode::kUnsupported, cat("OpenSSL: ", openssl_error()));
  }
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (target.ca_file.empty()) {
    ::SSL_CTX_set_default_verify_paths(context);
  } else if (::SSL_CTX_load_verify_locations(context, target.ca_file.c_str(), nullptr) != 1) {
    return file_error("can't use the authorities of", target.ca_file);
  }
  if (!target.cert_file.empty() && ::SSL_CTX_use_certificate_chain_file(context, target.cert_file.c_str()) != 1) {
    return file_error("can't use the certificate", target.cert_file);
  }
  if (!target.key_file.empty() &&
      (::SSL_CTX_use_PrivateKey_file(context, target.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
       ::SSL_CTX_check_private_key(context) != 1)) {
    return file_error("can't use the key", target.key_file);
  }
  return made;
}

TlsSession::TlsSession(const TlsContext& context, std::vector<std::string> names)
    : session_(::SSL_new(context.context_.get())), names_(std::move(names)) {
  BIO* const in = ::BIO_new(::BIO_s_mem());
  BIO* const out = ::BIO_new(::BIO_s_mem());
  RESPAND_CHECK(session_ && in != nullptr && out != nullptr);  // memory
  ::BIO_set_mem_eof_return(in, -1);                            // empty means: more will come
  ::BIO_set_mem_eof_return(out, -1);
  ::SSL_set_bio(session_.get(), in, out);
  ::SSL_set_connect_state(session_.get());
  if (!is_ip_address(names_.front())) {
    ::SSL_ctrl(session_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, names_.front().data());
  }
}

void TlsSession::receive(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMostAtOnce);
    ::BIO_write(::SSL_get_rbio(session_.get()), piece.data(), static_cast<int>(piece.size()));
    bytes.remove_prefix(piece.size());
  }
}

TlsSession::Progress TlsSession::fail(Failure failure, std::string detail) {
  failure_ = {failure, std::move(detail)};
  return Progress::kFailed;
}

TlsSession::Progress TlsSession::outcome(int returned) {
  switch (::SSL_get_error(session_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Progress::kMore;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::kClosed;
    default:
      break;
  }
  if (const long verified = ::SSL_get_verify_result(session_.get()); verified != X509_V_OK) {
    ::ERR_clear_error();
    return fail(Failure::kCertificate,
                cat("the server's certificate is not trusted: ", ::X509_verify_cert_error_string(verified)));
  }
  const bool ours = is_about_our_certificate(::ERR_peek_error());
  return fail(ours ? Failure::kCredentials : Failure::kProtocol,
              cat(ours ? "the server refuses our TLS certificate: " : "TLS: ", openssl_error()));
}

bool TlsSession::names_fit() const {
  struct FreeCertificate {
    void operator()(X509* certificate) const { ::X509_free(certificate); }
  };
  const std::unique_ptr<X509, FreeCertificate> certificate(::SSL_get1_peer_certificate(session_.get()));
  return certificate && std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
           constexpr unsigned kStrict = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
           return is_ip_address(name)
                      ? ::X509_check_ip_asc(certificate.get(), name.c_str(), 0) == 1
                      : ::X509_check_host(certificate.get(), name.data(), name.size(), kStrict, nullptr) == 1;
         });
}

TlsSession::Progress TlsSession::handshake() {
  ::ERR_clear_error();
  if (const int returned = ::SSL_do_handshake(session_.get()); returned != 1) {
    return outcome(returned);
  }
  return names_fit() ? Progress::kDone
                     : fail(Failure::kCertificate, cat("the server's certificate is not for ", names_.front()));
}

TlsSession::Progress TlsSession::read(std::span<char> out, std::size_t& count) {
  ::ERR_clear_error();
  const int returned = ::SSL_read(session_.get(), out.data(), static_cast<int>(std::min(out.size(), kMostAtOnce)));
  count = returned > 0 ? static_cast<std::size_t>(returned) : 0;
  return returned > 0 ? Progress::kDone : outcome(returned);
}

bool TlsSession::write(std::string_view bytes) {
  ::ERR_clear_error();
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMostAtOnce);
    if (const int returned = ::SSL_write(session_.get(), piece.data(), static_cast<int>(piece.size()));
        returned != static_cast<int>(piece.size())) {
      return outcome(returned) == Progress::kMore && false;
    }
    bytes.remove_prefix(piece.size());
  }
  return true;
}

void TlsSession::take_output(std::string& out) {
  BIO* const bio = ::SSL_get_wbio(session_.get());
  const std::size_t waiting = ::BIO_ctrl_pending(bio);
  const std::size_t before = out.size();
  out.resize(before + waiting);
  const int got = waiting == 0 ? 0 : ::BIO_read(bio, out.data() + before, static_cast<int>(waiting));
  out.resize(before + static_cast<std::size_t>(std::max(got, 0)));
}

}  // namespace respand::nats
