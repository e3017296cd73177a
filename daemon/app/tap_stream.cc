#include "app/tap_stream.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "app/query.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

class TapStream final : public Stream, public std::enable_shared_from_this<TapStream> {
 public:
  TapStream(boost::asio::io_context& loop, delivery::Tap& tap) : loop_(loop), tap_(tap) {}
  ~TapStream() override {
    if (watcher_ != nullptr) {
      tap_.leave(watcher_);
    }
  }
  TapStream(const TapStream&) = delete;
  TapStream& operator=(const TapStream&) = delete;

  // False where there are too many watchers.
  [[nodiscard]] bool open(delivery::Watcher::Filter filter) {
    const auto wake = [&loop = loop_, weak = weak_from_this()] {
      boost::asio::post(loop, [weak] {
        if (const auto self = weak.lock(); self != nullptr && self->ready_) {
          self->ready_();
        }
      });
    };
    watcher_ = tap_.watch(std::move(filter), wake);
    return watcher_ != nullptr;
  }
  void start(std::function<void()> ready) override { ready_ = std::move(ready); }
  void take(std::string& out, std::size_t most) override { watcher_->take(out, most); }

 private:
  boost::asio::io_context& loop_;
  delivery::Tap& tap_;
  std::shared_ptr<delivery::Watcher> watcher_;
  std::function<void()> ready_;
};

}  // namespace

Page tap_page(boost::asio::io_context& loop, delivery::Tap& tap, std::string_view query) {
  const std::string outcome = query_value(query, "outcome");
  delivery::Watcher::Filter filter{query_value(query, "model"), query_value(query, "customer"),
                                   delivery::outcome_of(outcome)};
  if (!outcome.empty() && !filter.outcome) {
    return {.status = 400, .body = "an outcome is delivered, retried or dead_lettered\n"};
  }
  const auto stream = std::make_shared<TapStream>(loop, tap);
  if (!stream->open(std::move(filter))) {
    return {.status = 503, .body = cat("there are ", delivery::Tap::kMostWatchers, " taps already\n")};
  }
  return {.type = "application/x-ndjson", .body = {}, .stream = stream};
}

}  // namespace respand::app
