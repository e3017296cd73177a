#pragma once
// ExchangeTable: the exchanges that are in flight, and the memory of those that were. It finds those whose time is
// over. Used by H2Engine; one thread.

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "http/exchange.h"
#include "http/gzip.h"
#include "http/post.h"
#include "http/route.h"
#include "respand/base/units.h"

namespace respand::http {

class ExchangeTable {
 public:
  // Adds a request, ready to be sent; where there is no memory to compress it, it is overdue at once.
  Exchange& add(Post post, const Route& route, MonoTime now);
  // Takes an exchange out; its memory is used again.
  void remove(Exchange& exchange);
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  // Calls `visit` with each, from the last to the first. It may remove the one that it is given.
  void for_each(const std::function<void(Exchange&)>& visit);
  // When the first of them may be overdue; MonoTime::max(): never.
  [[nodiscard]] MonoTime due() const { return look_at_; }
  // Calls `visit` with each that is overdue. It removes it. Looks at all of them, which is rare: due() says when.
  void take_overdue(const Route& route, MonoTime now, const std::function<void(Exchange&)>& visit);

 private:
  Gzip gzip_;
  std::vector<std::unique_ptr<Exchange>> all_;
  std::vector<std::unique_ptr<Exchange>> idle_;
  MonoTime look_at_ = MonoTime::max();
};

}  // namespace respand::http
