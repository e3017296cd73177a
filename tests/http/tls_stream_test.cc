// TLS over memory, with OpenSSL's own server at the other end: handshakes in any pieces, who is trusted, resumed
// sessions.

#include "http/tls_stream.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "h2_peer.h"
#include "tests/support/files.h"

namespace respand::http {
namespace {

using Progress = TlsStream::Progress;

// The server's end.
class TlsServer {
 public:
  TlsServer() : ssl_(::SSL_new(H2ServerTls::context())), in_(::BIO_new(::BIO_s_mem())), out_(::BIO_new(::BIO_s_mem())) {
    ::SSL_set_bio(ssl_.get(), in_, out_);
    ::SSL_set_accept_state(ssl_.get());
  }
  // Takes what the client has sent.
  void take(std::string& bytes) {
    ::BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.clear();
    if (::SSL_is_init_finished(ssl_.get()) != 1) {
      static_cast<void>(::SSL_do_handshake(ssl_.get()));
      return;
    }
    std::string buffer(100'000, '\0');
    for (int got = ::SSL_read(ssl_.get(), buffer.data(), 100'000); got > 0;
         got = ::SSL_read(ssl_.get(), buffer.data(), 100'000)) {
      read += buffer.substr(0, static_cast<std::size_t>(got));
    }
  }
  std::string give() {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    ::BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  void write(const std::string& text) { ::SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  void end() { ::SSL_shutdown(ssl_.get()); }
  [[nodiscard]] bool resumed() const { return ::SSL_session_reused(ssl_.get()) == 1; }
  std::string read;

 private:
  struct Free {
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_;   // the SSL's
  BIO* out_;  // the SSL's
};

std::span<const std::uint8_t> span_of(const std::string& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::shared_ptr<TlsContext> trusting(const std::string& file) {
  auto made = TlsContext::make(file);
  EXPECT_TRUE(made);
  return *made;
}

// Runs the handshake, `piece` bytes of the server at a time.
Progress shake_hands(TlsStream& client, TlsServer& server, std::size_t piece = 1 << 20) {
  Progress progress = client.handshake();
  for (int round = 0; round < 10 && progress == Progress::kMore; ++round) {
    server.take(client.out());
    const std::string bytes = server.give();
    for (std::size_t at = 0; at < bytes.size() && progress == Progress::kMore; at += piece) {
      const std::string part = bytes.substr(at, piece);
      client.take(span_of(part));
      progress = client.handshake();
    }
  }
  server.take(client.out());
  return progress;
}

std::string read_all(TlsStream& client, TlsServer& server) {
  const std::string bytes = server.give();
  client.take(span_of(bytes));
  std::string text;
  std::vector<std::uint8_t> buffer(1000);
  for (std::size_t size = 0; client.read(buffer, size) == Progress::kDone;) {
    text.append(reinterpret_cast<const char*>(buffer.data()), size);
  }
  return text;
}

TEST(TlsStreamTest, CarriesBytesBothWaysInAnyPieces) {
  for (const std::size_t piece : {1U, 7U, 1000U, 100'000U}) {
    TlsStream client(trusting(H2ServerTls::authority()), "localhost");
    TlsServer server;
    ASSERT_EQ(shake_hands(client, server, piece), Progress::kDone) << client.why();
    EXPECT_TRUE(client.chose_h2());
    EXPECT_EQ(read_all(client, server), "");
    const std::string text(50'000, 't');
    ASSERT_TRUE(client.write(text));
    EXPECT_LT(client.out().size(), text.size() + 4 * 64) << "in four records";
    server.take(client.out());
    EXPECT_EQ(server.read, text);
    server.write("answer");
    EXPECT_EQ(read_all(client, server), "answer");
    server.end();
    const std::string last = server.give();
    client.take(span_of(last));
    std::vector<std::uint8_t> buffer(10);
    std::size_t size = 0;
    EXPECT_EQ(client.read(buffer, size), Progress::kClosed);
  }
}

TEST(TlsStreamTest, TrustsAnAddressThatTheCertificateNames) {
  TlsStream client(trusting(H2ServerTls::authority()), "127.0.0.1");
  TlsServer server;
  EXPECT_EQ(shake_hands(client, server), Progress::kDone) << client.why();
}

TEST(TlsStreamTest, RefusesTheCertificateOfAnotherAndOfAStranger) {
  for (const char* host : {"api.example", "127.0.0.2", "::1", "xlocalhost", "a.localhost"}) {
    TlsStream client(trusting(H2ServerTls::authority()), host);
    TlsServer server;
    EXPECT_EQ(shake_hands(client, server), Progress::kFailed) << host;
    EXPECT_TRUE(client.certificate_refused()) << host;
    EXPECT_TRUE(client.why().starts_with("SSL certificate problem: ")) << client.why();
  }
  TlsStream client(trusting(""), "localhost");
  TlsServer server;
  EXPECT_EQ(shake_hands(client, server), Progress::kFailed) << "the system does not know this authority";
  EXPECT_TRUE(client.certificate_refused());
}

TEST(TlsStreamTest, ResumesTheSessionOfTheConnectionBefore) {
  const auto context = trusting(H2ServerTls::authority());
  for (const bool before : {false, true}) {
    TlsStream client(context, "localhost");
    TlsServer server;
    ASSERT_EQ(shake_hands(client, server), Progress::kDone);
    EXPECT_EQ(read_all(client, server), "") << "the tickets";
    EXPECT_EQ(server.resumed(), before);
    client.close();
    EXPECT_FALSE(client.out().empty()) << "close_notify";
  }
}

TEST(TlsStreamTest, GarbageIsAFailureThatIsNotTheCertificates) {
  for (const std::string& bytes : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(100, '\0')}) {
    TlsStream client(trusting(""), "localhost");
    ASSERT_EQ(client.handshake(), Progress::kMore);
    client.take(span_of(bytes));
    EXPECT_EQ(client.handshake(), Progress::kFailed);
    EXPECT_FALSE(client.certificate_refused());
    EXPECT_FALSE(client.why().empty());
  }
}

TEST(TlsContextTest, AFileThatHoldsNoCertificatesIsRefused) {
  const test::TempDir folder;
  test::write_file(folder / "ca.pem", "nothing\n");
  for (const char* name : {"ca.pem", "missing.pem"}) {
    const auto made = TlsContext::make(folder / name);
    ASSERT_FALSE(made) << name;
    EXPECT_NE(made.error().message.find(name), std::string::npos);
  }
}

TEST(TlsContextTest, AFileThatWasReplacedIsReadAgain) {
  const test::TempDir folder;
  const std::string file = folder / "ca.pem";
  std::filesystem::copy_file(H2ServerTls::authority(), file);
  const auto context = trusting(file);
  EXPECT_FALSE(context->outdated());
  std::filesystem::copy_file(H2ServerTls::authority(), folder / "new.pem");
  std::filesystem::rename(folder / "new.pem", file);
  EXPECT_TRUE(context->outdated());
}

}  // namespace
}  // namespace respand::http
