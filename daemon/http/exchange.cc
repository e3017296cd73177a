#include "http/exchange.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace respand::http {
namespace {

// A transfer of fewer bytes a second than this, over request_timeout, is stuck. As in libcurl's engine.
constexpr std::size_t kLeastSpeed = 1024;

}  // namespace

void Exchange::begin(Post next, const Route& route, Gzip& gzip, MonoTime now) {
  post = std::move(next);
  body = post.payload;
  started = now;
  tries = 0;
  moved = 0;
  moved_before = 0;
  no_memory = route.target().compress && !gzip.pack(post.payload, packed);
  if (route.target().compress) {
    body = packed;
  }
  deadline = no_memory ? now : now + std::chrono::milliseconds{route.timeout(body.size())};
  look_at = body.size() > kFreeOfTime ? now + route.target().request_timeout : deadline;
  begin_again();
}

void Exchange::begin_again() {
  connection = nullptr;
  stream = 0;
  sent = 0;
  could_leave = MonoTime{};
  first_byte = MonoTime{};
  status = 0;
  ended = false;
  too_large = false;
  reader.begin(post.max_body);
}

bool Exchange::overdue(const Route& route, MonoTime now) {
  if (now >= deadline) {
    return true;
  }
  if (now < look_at) {
    return false;
  }
  const Duration window = std::max<Duration>(route.target().request_timeout, std::chrono::seconds{1});
  const auto least = kLeastSpeed * static_cast<std::size_t>(std::chrono::ceil<std::chrono::seconds>(window).count());
  const bool stuck = moved - moved_before < least;
  moved_before = moved;
  look_at = now + window;
  return stuck;
}

Answer Exchange::take_answer(const Route& route, MonoTime now) {
  Answer answer;
  answer.id = post.id;
  answer.payload = std::move(post.payload);
  answer.compressed = route.target().compress;
  answer.elapsed = std::max(now - started, Duration{1});
  if (first_byte > MonoTime{}) {
    answer.latency = std::clamp(first_byte - could_leave, Duration{1}, answer.elapsed);
  }
  constexpr std::size_t kKept = 64 * 1024;
  if (packed.capacity() > kKept) {
    std::string().swap(packed);
  }
  body = {};
  return answer;
}

}  // namespace respand::http
