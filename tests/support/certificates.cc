#include "tests/support/certificates.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "respand/base/text.h"
#include "tests/support/process.h"

namespace respand::test {
namespace {

void openssl(const std::vector<std::string>& arguments) {
  Process process("/usr/bin/openssl", arguments);
  const auto exit = process.wait();
  if (!exit || exit->status != 0) {
    std::fprintf(stderr, "test support: openssl %s: %s\n", arguments[0].c_str(), process.err().c_str());
    std::abort();
  }
}

}  // namespace

Certificates::Certificates() {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
           folder_ / "ca.key", "-out", authority(), "-subj", "/CN=respand test authority", "-days", "2", "-addext",
           "basicConstraints=critical,CA:TRUE"});
}

void Certificates::make_key_and_request(const std::string& name, const std::string& host) {
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
           folder_ / (name + ".key"), "-out", folder_ / (name + ".csr"), "-subj", "/CN=" + host});
}

Certificates::Pair Certificates::sign(const std::string& name, const std::string& host, int days) {
  make_key_and_request(name, host);
  write_file(folder_ / (name + ".ext"),
             cat("subjectAltName=DNS:", host, host == "localhost" ? ",IP:127.0.0.1" : "", "\n"));
  openssl({"x509", "-req", "-in", folder_ / (name + ".csr"), "-CA", authority(), "-CAkey", folder_ / "ca.key",
           "-set_serial", std::to_string(++signed_), "-days", std::to_string(days), "-extfile",
           folder_ / (name + ".ext"), "-out", folder_ / (name + ".pem")});
  return {folder_ / (name + ".pem"), folder_ / (name + ".key")};
}

Certificates::Pair Certificates::good() { return sign("good", "localhost", 2); }
Certificates::Pair Certificates::for_another_host() { return sign("other", "api.example", 2); }
Certificates::Pair Certificates::expired() { return sign("expired", "localhost", -1); }

Certificates::Pair Certificates::self_signed() {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
           folder_ / "self.key", "-out", folder_ / "self.pem", "-subj", "/CN=localhost", "-days", "2", "-addext",
           "subjectAltName=DNS:localhost,IP:127.0.0.1"});
  return {folder_ / "self.pem", folder_ / "self.key"};
}

}  // namespace respand::test
