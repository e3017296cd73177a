#include "nats/resolver.h"

#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "nats/address.h"
#include "respand/base/check.h"
#include "respand/base/fd.h"
#include "respand/base/mutex.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::nats {
namespace {

// More addresses than this of one name are not tried.
constexpr std::size_t kMostAddresses = 16;

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (code != 0) {
    return error(code == EAI_AGAIN ? ErrorCode::kUnavailable : ErrorCode::kNotFound,
                 cat("can't resolve ", host, ": ", ::gai_strerror(code)));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* one = list; one != nullptr && addresses.size() < kMostAddresses; one = one->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return addresses;
}

}  // namespace

struct Resolver::Shared {
  UniqueFd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  LockGuarded<std::optional<Result<std::vector<SocketAddress>>>> result;

  void publish(Result<std::vector<SocketAddress>> found) {
    result.with([&](auto& place) { place.emplace(std::move(found)); });
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t rung = ::write(done.get(), &one, sizeof one);
  }
};

Resolver::Resolver(const std::string& host, std::uint16_t port) : shared_(std::make_shared<Shared>()) {
  RESPAND_CHECK(shared_->done);
  if (is_ip(host)) {
    shared_->publish(look_up(host, port));
    return;
  }
  // The one thread of respand that nobody joins: a silent name server would hold up the stop for as long as it likes.
  // It holds nothing but its share of `shared`.
  try {
    std::thread([shared = shared_, host, port] {
      name_this_thread("resolve");
      shared->publish(look_up(host, port));
    }).detach();
  } catch (const std::system_error&) {
    shared_->publish(error(ErrorCode::kUnavailable, cat("can't resolve ", host, ": no thread for it")));
  }
}

Resolver::~Resolver() = default;

int Resolver::fd() const { return shared_->done.get(); }

std::optional<Result<std::vector<SocketAddress>>> Resolver::take() {
  return shared_->result.with([](auto& place) { return std::exchange(place, std::nullopt); });
}

}  // namespace respand::nats
