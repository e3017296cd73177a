#include "http/exchange_table.h"

#include <algorithm>
#include <utility>

namespace respand::http {

Exchange& ExchangeTable::add(Post post, const Route& route, MonoTime now) {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<Exchange>());
  } else {
    all_.push_back(std::move(idle_.back()));
    idle_.pop_back();
  }
  Exchange& exchange = *all_.back();
  exchange.place = all_.size() - 1;
  exchange.begin(std::move(post), route, gzip_, now);
  look_at_ = std::min(look_at_, exchange.due());
  return exchange;
}

void ExchangeTable::remove(Exchange& exchange) {
  const std::size_t place = exchange.place;
  idle_.push_back(std::move(all_[place]));
  if (place + 1 != all_.size()) {
    all_[place] = std::move(all_.back());
    all_[place]->place = place;
  }
  all_.pop_back();
}

void ExchangeTable::for_each(const std::function<void(Exchange&)>& visit) {
  for (std::size_t i = all_.size(); i > 0; --i) {  // from behind, because the last one takes the place of one that goes
    visit(*all_[i - 1]);
  }
}

void ExchangeTable::take_overdue(const Route& route, MonoTime now, const std::function<void(Exchange&)>& visit) {
  look_at_ = MonoTime::max();
  for_each([&](Exchange& exchange) {
    if (exchange.overdue(route, now)) {
      visit(exchange);
    } else {
      look_at_ = std::min(look_at_, exchange.due());
    }
  });
}

}  // namespace respand::http
