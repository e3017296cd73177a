#include "respand/base/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <thread>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"
#include "respand/base/thread.h"

namespace respand {
namespace {

struct FreeList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// `flags` as getaddrinfo() knows them.
Result<SocketAddresses> ask_for(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, FreeList> list(code == 0 ? found : nullptr);
  if (code != 0) {
    return error(ErrorCode::kNotFound, ::gai_strerror(code));
  }
  SocketAddresses all;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    SocketAddress& address = all.emplace_back();
    address.size = one->ai_addrlen;
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
  }
  return all;
}

}  // namespace

bool is_ip_address(const std::string& text) {
  in6_addr any{};
  return ::inet_pton(AF_INET, text.c_str(), &any) == 1 || ::inet_pton(AF_INET6, text.c_str(), &any) == 1;
}

struct Lookup::State {
  UniqueFd bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  LockGuarded<std::optional<Result<SocketAddresses>>> answer{};

  void set(Result<SocketAddresses> result) {
    answer.with([&](auto& to) { to = std::move(result); });
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t rung = ::write(bell.get(), &one, sizeof one);
  }
};

Lookup::Lookup(const std::string& host, std::uint16_t port) : state_(std::make_shared<State>()) {
  if (auto already = numeric(host, port)) {
    state_->set(std::move(*already));
    return;
  }
  try {
    std::thread([state = state_, host, port] {
      name_this_thread("resolve");
      state->set(ask_for(host, port, AI_ADDRCONFIG));
    }).detach();
  } catch (const std::exception& failure) {
    state_->set(error(ErrorCode::kUnavailable, failure.what()));
  }
}

int Lookup::fd() const { return state_->bell.get(); }

std::optional<Result<SocketAddresses>> Lookup::take() {
  return state_->answer.with([](auto& answer) { return std::exchange(answer, std::nullopt); });
}

std::optional<SocketAddresses> Lookup::numeric(const std::string& host, std::uint16_t port) {
  auto addresses = ask_for(host, port, AI_NUMERICHOST);
  return addresses ? std::optional(std::move(*addresses)) : std::nullopt;
}

}  // namespace respand
