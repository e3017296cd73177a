#include "app/page_session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/http1/reason_phrase.h"

namespace respand::app {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Clients are on this host or next to it; one that needs longer for a request of a few lines is none of ours.
constexpr std::chrono::seconds kTimeout{10};
constexpr Bytes kMaxBody = kibibytes(8);
// What a browser may do with a page: load only what this server has, in no frame, with no script or style inside the
// page.
constexpr std::string_view kGuards =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";
constexpr std::size_t kStreamPiece = std::size_t{64} << 10;

// "GET /healthz, GET /readyz".
std::string page_list(const PageServer::Pages& pages) {
  std::string list;
  for (const auto& [name, page] : pages) {
    list += cat(list.empty() ? "" : ", ", name);
  }
  return list;
}

}  // namespace

PageSession::PageSession(std::shared_ptr<PageSessions> all, Socket socket, const Caller& caller)
    : all_(std::move(all)),
      caller_(caller),
      socket_(std::move(socket)),
      time_limit_(socket_.get_executor()),
      reader_(kMaxBody) {
  all_->open.insert(this);
}

PageSession::~PageSession() { all_->open.erase(this); }

void PageSession::close() {
  waits_since_.reset();
  source_.reset();
  time_limit_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

// Closing ends the pending operation; its handler then lets go of the session.
void PageSession::limit_time() {
  deadline_ = system_clock().mono() + kTimeout;
  time_limit_.expires_at(deadline_);
  time_limit_.async_wait([weak = weak_from_this()](error_code cancelled) {
    // The handler may have been on its way already when the deadline was moved.
    if (const auto self = weak.lock(); self != nullptr && !cancelled && self->deadline_ <= system_clock().mono()) {
      self->close();
    }
  });
}

void PageSession::unlimit_time() {
  deadline_ = MonoTime::max();
  time_limit_.cancel();
}

void PageSession::wait_for_request() {
  limit_time();
  waits_since_ = system_clock().mono();
  read();
}

void PageSession::read() {
  for (;;) {
    switch (reader_.read(input_)) {
      case http1::HttpRequestReader::Step::kMore:
        receive();
        return;
      case http1::HttpRequestReader::Step::kHead:
        break;
      case http1::HttpRequestReader::Step::kDone:
        waits_since_.reset();
        answer();
        return;
      case http1::HttpRequestReader::Step::kBroken:
        // What follows can't be understood: this answer is the last one.
        waits_since_.reset();
        send_page({reader_.status(), "text/plain", cat(reader_.error(), "\n")}, false);
        return;
    }
  }
}

void PageSession::receive() {
  socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](error_code failure, std::size_t size) {
    if (!failure) {
      self->input_ = std::string_view(self->in_.data(), size);
      self->read();
    }
  });
}

Page PageSession::page() const {
  const http1::HttpRequestReader::Head& head = reader_.head();
  if (all_->checks_host && !head.http_1_0 && !http1::is_known_host(all_->trust, head.host)) {
    return {421, "text/plain", "this host is none of respand's: name it in http.hosts\n"};
  }
  const std::string_view target = head.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (const auto found = all_->pages.find(cat(head.method == "HEAD" ? "GET" : head.method, " ", path));
      found != all_->pages.end()) {
    const std::string_view query = target.substr(std::min(target.size(), path.size() + 1));
    return found->second({caller_, query, reader_.body()});
  }
  const bool other_method = std::any_of(all_->pages.begin(), all_->pages.end(), [&](const auto& entry) {
    return std::string_view(entry.first).substr(entry.first.find(' ') + 1) == path;
  });
  return other_method ? Page{405, "text/plain", "not with this method\n"}
                      : Page{404, "text/plain", cat("no such page: there is ", page_list(all_->pages), "\n")};
}

void PageSession::answer() {
  const Page content = page();
  if (content.later) {
    unlimit_time();
    content.later([self = shared_from_this()](const Page& made) { self->reply(made); });
  } else {
    reply(content);
  }
}

void PageSession::reply(const Page& content) {
  if (content.stream != nullptr && reader_.head().method != "HEAD") {
    begin_stream(content);
  } else {
    send_page(content, reader_.head().keep_alive);
  }
}

void PageSession::send_page(const Page& content, bool keep_alive) {
  const http1::HttpRequestReader::Head& head = reader_.head();
  out_ = cat(head.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ", content.status, " ", http1::reason_phrase(content.status),
             "\r\nContent-Type: ", content.type, "\r\nCache-Control: no-store\r\n", kGuards);
  if (head.http_1_0 == keep_alive) {  // else it is what the version means by itself
    out_ += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  }
  out_ += cat("Content-Length: ", content.body.size(), "\r\n\r\n");
  if (head.method != "HEAD") {
    out_ += content.body;
  }
  limit_time();
  asio::async_write(socket_, asio::buffer(out_),
                    [self = shared_from_this(), keep_alive](error_code failure, std::size_t) {
                      if (!failure) {
                        self->on_page_sent(keep_alive);
                      }
                    });
}

// The session ends, and with it the connection, where nothing more is begun here.
void PageSession::on_page_sent(bool keep_alive) {
  std::string().swap(out_);
  if (keep_alive) {
    reader_.next();
    wait_for_request();
  } else if (reader_.status() != 0) {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    waits_since_ = system_clock().mono();  // it may give way to others
    drain();
  }
}

void PageSession::drain() {
  socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](error_code ended, std::size_t) {
    if (!ended) {
      self->drain();
    }
  });
}

void PageSession::begin_stream(const Page& content) {
  unlimit_time();
  source_ = content.stream;
  source_->start([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->send_from_stream();
    }
  });
  out_ = cat("HTTP/1.1 200 OK\r\nContent-Type: ", content.type,
             "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  // A client that is sent a stream has nothing more to say: whatever comes from it, most likely the end, ends it.
  socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](error_code, std::size_t) { self->close(); });
  send();
}

void PageSession::send_from_stream() {
  if (sending_ || source_ == nullptr) {
    return;
  }
  source_->take(out_, kStreamPiece);
  if (!out_.empty()) {
    send();
  }
}

void PageSession::send() {
  sending_ = true;
  asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](error_code failure, std::size_t) {
    self->sending_ = false;
    self->out_.clear();
    if (failure) {
      self->close();
    } else {
      self->send_from_stream();
    }
  });
}

}  // namespace respand::app
