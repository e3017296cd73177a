#include "app/live_reads.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "respand/base/text.h"
#include "respand/base/thread.h"
#include "respand/http/live.h"
#include "respand/json/writer.h"

namespace respand::app {
namespace {

sockets::ReadAnswer refusal(unsigned status, std::string_view why) {
  return {status, "application/json", json::Object().member("detail", why).text()};
}

}  // namespace

void LiveReads::set_target(const http::Target& target) {
  const MutexLock lock(mutex_);
  target_ = target;
}

void LiveReads::ask(sockets::ReadRequest request, std::function<void(sockets::ReadAnswer)> answer) {
  bool room = false;
  {
    const MutexLock lock(mutex_);
    room = waiting_.size() < kMostWaiting;
    if (room) {
      waiting_.push_back({std::move(request), std::move(answer), target_});
    }
  }
  if (!room) {
    // NOLINTNEXTLINE(bugprone-use-after-move): it is gone only where there was room.
    boost::asio::post(loop_, [answer = std::move(answer)] {
      answer(refusal(503, "too many requests wait for the API already; try again soon"));
    });
    return;
  }
  while (threads_.size() < kThreads) {
    threads_.emplace_back([this, number = threads_.size() + 1] {
      name_this_thread(cat("read-", number));
      run();
    });
  }
  jobs_.release();
}

void LiveReads::run() {
  while (true) {
    jobs_.acquire();
    Job job;
    {
      const MutexLock lock(mutex_);
      if (waiting_.empty()) {
        return;
      }
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    auto answer = std::move(job.answer);
    boost::asio::post(
        loop_, [answer = std::move(answer), said = outcome(std::move(job))]() mutable { answer(std::move(said)); });
  }
}

sockets::ReadAnswer LiveReads::outcome(Job job) const {
  const Duration patience = job.target.request_timeout;
  http::LiveAnswer said;
  if (!given_up_.load(std::memory_order_relaxed)) {
    said = http::ask(std::move(job.target),
                     {std::move(job.request.method), std::move(job.request.path), std::move(job.request.authorization),
                      std::move(job.request.content_type), std::move(job.request.body)},
                     kMostAnswer, patience, given_up_);
  }
  if (said.status == 0 && given_up_.load(std::memory_order_relaxed)) {
    return refusal(503, "respand is stopping; try again later");
  }
  if (said.status == 0) {
    return refusal(502, cat("the API can't be asked: ", said.failure));
  }
  return {static_cast<unsigned>(said.status), std::move(said.content_type), std::move(said.body)};
}

LiveReads::~LiveReads() {
  begin_stop();
  jobs_.release(static_cast<std::ptrdiff_t>(threads_.size()));
  threads_.clear();
}

}  // namespace respand::app
