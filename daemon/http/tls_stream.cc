#include "http/tls_stream.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "respand/base/lookup.h"
#include "respand/base/text.h"

namespace respand::http {

// The BIO under OpenSSL: it never blocks a write, and a read where in_ is used up wants to be called again.
struct TlsStream::Memory {
  static TlsStream& stream(BIO* bio) { return *static_cast<TlsStream*>(::BIO_get_data(bio)); }

  static int write(BIO* bio, const char* bytes, int size) {
    stream(bio).out_.append(bytes, static_cast<std::size_t>(size));
    return size;
  }
  static int read(BIO* bio, char* to, int size) {
    std::span<const std::uint8_t>& in = stream(bio).in_;
    BIO_clear_retry_flags(bio);
    if (in.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(in.size(), static_cast<std::size_t>(size));
    std::memcpy(to, in.data(), taken);
    in = in.subspan(taken);
    return static_cast<int>(taken);
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* const method = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory of respand");
      if (method == nullptr || ::BIO_meth_set_write(method, write) != 1 || ::BIO_meth_set_read(method, read) != 1 ||
          ::BIO_meth_set_ctrl(method, control) != 1) {
        std::abort();
      }
      return method;
    }();
    return made;
  }
};

TlsStream::TlsStream(std::shared_ptr<TlsContext> context, const std::string& host)
    : context_(std::move(context)), ssl_(::SSL_new(context_->get())) {
  BIO* const bio = ::BIO_new(Memory::method());
  if (!ssl_ || bio == nullptr) {
    std::abort();  // Out of memory for a few KiB.
  }
  ::BIO_set_data(bio, this);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(ssl_.get(), bio, bio);
  ::SSL_set_connect_state(ssl_.get());
  X509_VERIFY_PARAM* const wanted = ::SSL_get0_param(ssl_.get());
  ::X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // A dot at the end makes a name absolute for DNS; it is in no certificate.
  const std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  const bool set = is_ip_address(name)
                       ? ::X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1
                       : ::SSL_set1_host(ssl_.get(), name.c_str()) == 1 &&
                             ::SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                        const_cast<char*>(name.c_str())) == 1;
  if (!set) {
    std::abort();  // Without the name any certificate would do.
  }
  context_->resume(ssl_.get());
}

TlsStream::Progress TlsStream::failed(int result) {
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Progress::kMore;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::kClosed;
    default:
      why_ = tls_error("TLS fails");
      broken_ = true;
      return Progress::kFailed;
  }
}

TlsStream::Progress TlsStream::handshake() {
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_.get());
  if (result == 1) {
    return Progress::kDone;
  }
  const Progress progress = failed(result);
  const long verdict = ::SSL_get_verify_result(ssl_.get());
  if (progress == Progress::kFailed && verdict != X509_V_OK) {
    certificate_refused_ = true;
    why_ = cat("SSL certificate problem: ", ::X509_verify_cert_error_string(verdict));
  }
  return progress;
}

bool TlsStream::chose_h2() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return name != nullptr && std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

TlsStream::Progress TlsStream::read(std::span<std::uint8_t> to, std::size_t& size) {
  ::ERR_clear_error();
  const int result = ::SSL_read_ex(ssl_.get(), to.data(), to.size(), &size);
  return result == 1 ? Progress::kDone : failed(result);
}

bool TlsStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ::ERR_clear_error();
    std::size_t written = 0;
    if (const int result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written); result != 1) {
      // The memory takes all that is written, so there is nothing to wait for.
      static_cast<void>(failed(result));
      return false;
    }
    bytes.remove_prefix(written);
  }
  return true;
}

void TlsStream::close() {
  if (!broken_ && ::SSL_is_init_finished(ssl_.get()) == 1) {
    ::ERR_clear_error();
    static_cast<void>(::SSL_shutdown(ssl_.get()));
    ::ERR_clear_error();
  }
}

}  // namespace respand::http
