#include "tests/support/nginx.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "respand/base/text.h"
#include "tests/support/client.h"
#include "tests/support/patience.h"
#include "tests/support/port.h"

namespace respand::test {

Nginx::Nginx(Options options) : options_(std::move(options)), reserved_(reserve_port(port_)) {
  configure();
  start();
}

Nginx::~Nginx() { stop(true); }

std::string Nginx::url() const {
  return cat(options_.listen.find("ssl") == std::string::npos ? "http" : "https", "://", options_.address, ":", port_);
}

void Nginx::configure() const {
  const bool tls = !options_.pair.certificate.empty();
  write_file(
      folder_ / "nginx.conf",
      cat(::geteuid() == 0 ? "user root;\n" : "",
          "daemon off;\nworker_processes 1;\nworker_rlimit_nofile 8192;\nworker_shutdown_timeout 1s;\npid ",
          folder_ / "pid", ";\nerror_log stderr notice;\nevents { worker_connections 4096; }\nhttp {\n",
          "log_format t '$status $server_protocol $connection $ssl_session_reused';\naccess_log ",
          folder_ / "access.log", " t;\nclient_body_temp_path ", folder_ / "body", ";\nproxy_temp_path ",
          folder_ / "proxy", ";\nfastcgi_temp_path ", folder_ / "fastcgi", ";\nuwsgi_temp_path ", folder_ / "uwsgi",
          ";\nscgi_temp_path ", folder_ / "scgi",
          ";\nclient_max_body_size 64m;\nclient_body_buffer_size 64k;\nkeepalive_requests ", options_.requests,
          ";\n"
          "proxy_http_version 1.1;\nproxy_set_header Connection '';\n",
          options_.http, "\nserver {\nlisten ", options_.address, ":", port_, " ", options_.listen, ";\n",
          tls ? cat("ssl_certificate ", options_.pair.certificate, ";\nssl_certificate_key ", options_.pair.key, ";\n")
              : "",
          "location / { ", options_.location, " }\n}\n}\n"));
}

void Nginx::wait_until_it_serves() {
  if (!eventually([&] { return Client::connect_tcp(port_, options_.address).connected(); })) {
    std::fprintf(stderr, "test support: nginx does not start: %s\n", process_->err().c_str());
    std::abort();
  }
}

void Nginx::start() {
  process_ = std::make_unique<Process>(
      "/usr/sbin/nginx", std::vector<std::string>{"-p", folder_.path(), "-c", folder_ / "nginx.conf", "-e", "stderr"});
  wait_until_it_serves();
}

void Nginx::stop(bool abruptly) {
  if (process_) {
    process_->send_signal(abruptly ? SIGTERM : SIGQUIT);
    static_cast<void>(process_->wait());
    process_.reset();
  }
}

void Nginx::change(Options options) {
  stop(false);
  options_ = std::move(options);
  configure();
  start();
}

std::vector<Nginx::Served> Nginx::served(std::size_t at_least) const {
  std::vector<Served> all;
  if (!eventually([&] { return lines_of(read_file(folder_ / "access.log")).size() >= at_least; })) {
    return all;
  }
  for (const std::string& line : lines_of(read_file(folder_ / "access.log"))) {
    std::istringstream words(line);
    Served one;
    std::string reused;
    words >> one.status >> one.protocol >> one.connection >> reused;
    one.session_reused = reused == "r";
    all.push_back(one);
  }
  return all;
}

}  // namespace respand::test
