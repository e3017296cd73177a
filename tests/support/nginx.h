#pragma once
// Nginx: an nginx in front of a test's API, with TLS and HTTP/2, limits of its own, and restarts. Any thread, one at a
// time.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "tests/support/certificates.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::test {

class Nginx {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::string listen = "ssl http2";     // behind the port; empty: HTTP/1.1 in the clear
    Certificates::Pair pair = {};         // where it listens with ssl
    std::uint64_t requests = 10'000'000;  // that it takes over one connection
    std::string http = {};                // directives for the http block
    std::string location = "return 200 '{\"message\":\"log successful\"}';";
  };

  // Serves when it returns. Aborts where it can't.
  explicit Nginx(Options options);
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  [[nodiscard]] std::string url() const;  // https://127.0.0.1:PORT, or http
  // Closes the port until the next start(). `abruptly`: requests in flight get no answer; otherwise they are answered
  // first.
  void stop(bool abruptly);
  void start();
  // Takes new options, such as another certificate; requests in flight end with the old ones.
  void change(Options options);

  // One for each request that was answered.
  struct Served {
    int status = 0;
    std::string protocol;          // "HTTP/2.0"
    std::uint64_t connection = 0;  // a number of its own for each
    bool session_reused = false;   // its TLS session
  };
  // Waits until there are `at_least` (it writes them down a moment after the answer), or until the deadline.
  [[nodiscard]] std::vector<Served> served(std::size_t at_least = 0) const;

 private:
  void configure() const;
  void wait_until_it_serves();

  TempDir folder_;
  Options options_;
  std::uint16_t port_ = 0;
  UniqueFd reserved_;
  std::unique_ptr<Process> process_;
};

}  // namespace respand::test
