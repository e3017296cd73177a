#pragma once
// Certificates: a certificate authority for one test, and certificates that it has signed, made with the openssl
// command in the test's folder, as PEM files. A failure aborts. Any thread, one at a time.

#include <string>

#include "tests/support/files.h"

namespace respand::test {

class Certificates {
 public:
  struct Pair {
    std::string certificate;
    std::string key;
  };

  Certificates();

  // The authority's own certificate, which clients are to trust.
  [[nodiscard]] std::string authority() const { return folder_ / "ca.pem"; }
  // A certificate for localhost and 127.0.0.1, like those below unless they say otherwise.
  [[nodiscard]] Pair good();
  [[nodiscard]] Pair for_another_host();
  [[nodiscard]] Pair expired();
  [[nodiscard]] Pair self_signed();

 private:
  [[nodiscard]] Pair sign(const std::string& name, const std::string& host, int days);
  void make_key_and_request(const std::string& name, const std::string& host);

  TempDir folder_;
  int signed_ = 0;
};

}  // namespace respand::test
