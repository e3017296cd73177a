#include "tests/support/sink_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "respand/base/text.h"
#include "tests/support/port.h"

namespace respand::test {

SinkServer::SinkServer(sink::Rules rules, sink::Sink::Hook watch)
    : rules_(std::move(rules)), watch_(std::move(watch)), reserved_(reserve_port(port_)) {
  start();
}

SinkServer::~SinkServer() { stop(); }

std::string SinkServer::url() const { return cat("http://127.0.0.1:", port_); }

void SinkServer::open() {
  sink::Options options;
  options.listen = cat("127.0.0.1:", port_);
  options.seed = 1;
  options.rules = rules_;
  auto opened = sink::Sink::open(std::move(options), [this](const sink::Exchange& exchange) {
    if (watch_) {
      watch_(exchange);
      return;
    }
    const MutexLock lock(mutex_);
    received_.push_back({std::string(exchange.body), std::string(exchange.authorization), exchange.verdict,
                         std::string(exchange.target), std::string(exchange.content_type)});
    records_ += exchange.verdict.takes_record() ? std::size_t{1} : 0;
    changed_.notify_all();
  });
  if (!opened) {
    std::fprintf(stderr, "test support: %s\n", opened.error().message.c_str());
    std::abort();
  }
  sink_ = std::move(*opened);
  thread_ = std::jthread([sink = sink_.get()] { sink->run(); });
}

void SinkServer::set_rules(sink::Rules rules) {
  rules_ = std::move(rules);
  if (sink_) {
    sink_->set_rules(rules_);
  }
}

void SinkServer::stop() {
  if (sink_) {
    sink_->stop();
    thread_.join();
    sink_.reset();
  }
}

void SinkServer::start() {
  if (!sink_) {
    open();
  }
}

sink::Stats SinkServer::stats() const { return sink_ ? sink_->stats() : sink::Stats(); }

std::vector<SinkServer::Received> SinkServer::received() {
  const MutexLock lock(mutex_);
  return received_;
}

std::vector<std::string> SinkServer::bodies() {
  const MutexLock lock(mutex_);
  std::vector<std::string> bodies;
  for (const Received& received : received_) {
    if (received.verdict.takes_record()) {
      bodies.push_back(received.body);
    }
  }
  return bodies;
}

std::size_t SinkServer::records() {
  const MutexLock lock(mutex_);
  return records_;
}

bool SinkServer::wait_for_records(std::size_t count, Duration within) {
  const Deadline deadline(within);
  MutexLock lock(mutex_);
  while (records_ < count && changed_.wait_until(lock.native(), deadline.at()) != std::cv_status::timeout) {
  }
  return records_ >= count;
}

bool SinkServer::wait_for_requests(std::size_t count, Duration within) {
  return wait_until([&](const std::vector<Received>& received) { return received.size() >= count; }, within);
}

bool SinkServer::wait_until(const std::function<bool(const std::vector<Received>&)>& condition, Duration within) {
  const Deadline deadline(within);
  MutexLock lock(mutex_);
  for (;;) {
    if (condition(received_)) {
      return true;
    }
    if (changed_.wait_until(lock.native(), deadline.at()) == std::cv_status::timeout) {
      return condition(received_);
    }
  }
}

}  // namespace respand::test
