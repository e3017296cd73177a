#include "http/server_access.h"

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "respand/base/text.h"

namespace respand::http {
namespace {

// The longest time for which an address is kept, as in libcurl's engine.
constexpr Duration kAddressesKept = std::chrono::seconds{60};

}  // namespace

ServerAccess::~ServerAccess() {
  if (lookup_) {
    poller_.forget(lookup_->fd());
  }
}

std::string ServerAccess::unresolved(const std::string& host, const std::string& why) {
  return cat("Could not resolve host: ", host, " (", why, ")");
}

ServerAccess::State ServerAccess::fail(Failure failure, std::string why) {
  failure_ = failure;
  why_ = std::move(why);
  return State::kFailed;
}

ServerAccess::State ServerAccess::prepare(MonoTime now) {
  const Url& url = route_.url();
  if (addresses_.empty() || now >= addresses_until_) {
    if (auto numeric = Lookup::numeric(url.host, url.port)) {
      addresses_ = std::move(*numeric);
      addresses_until_ = MonoTime::max();
    } else {
      lookup_.emplace(url.host, url.port);
      lookup_by_ = now + route_.target().connect_timeout;
      poller_.watch(lookup_->fd(), EPOLLIN);
      return State::kAsking;
    }
  }
  if (url.tls && (!tls_ || tls_->outdated())) {
    auto made = TlsContext::make(route_.target().ca_file);
    if (!made) {
      return fail(Failure::kCertificate, made.error().message);
    }
    tls_ = std::move(*made);
  }
  return State::kReady;
}

ServerAccess::State ServerAccess::take_addresses(MonoTime now) {
  auto found = lookup_->take();
  if (!found && now < lookup_by_) {
    return State::kAsking;
  }
  poller_.forget(lookup_->fd());
  lookup_.reset();
  if (!found) {
    return fail(Failure::kTimeout, "Resolving timed out");
  }
  if (!*found) {
    return fail(Failure::kResolve, unresolved(route_.url().host, found->error().message));
  }
  addresses_ = std::move(**found);
  addresses_until_ = now + std::min(kAddressesKept, route_.target().connection_life);
  return State::kReady;
}

}  // namespace respand::http
