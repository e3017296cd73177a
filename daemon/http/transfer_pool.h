#pragma once
// TransferPool: the easy handles that wait for a request, all configured for the present target. To configure one costs
// more than a request, so they are used again and again. Used by CurlClient, on its thread.
//
// What holds: take() never gives out a transfer of a target that was replaced, or of connections that are to be left.

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "http/route.h"
#include "http/transfer.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

class TransferPool {
 public:
  // Aborts where libcurl has no memory. `clock` is borrowed.
  TransferPool(const Target& target, const Clock& clock);

  [[nodiscard]] const Route& route() const { return *route_; }
  [[nodiscard]] const Target& target() const { return route_->target(); }
  // From now on transfers are to this one. Those on their way end where they are.
  void set_target(const Target& target);
  // Where connections have lived for Target::connection_life, those that are taken from now on make new ones. Those on
  // their way end on the old connections, which end with them.
  void renew_connections_if_due();

  // A transfer that is not on its way. Null where memory or libcurl fails.
  [[nodiscard]] std::unique_ptr<Transfer> take();
  // Whether the transfer is to the present target, over connections that are not to be left.
  [[nodiscard]] bool is_current(const Transfer& transfer) const { return transfer.route() == route_.get(); }
  // One that has ended: it waits for the next take(), or goes where it is not current.
  void give_back(std::unique_ptr<Transfer> transfer);
  // Those that wait go.
  void clear() { idle_.clear(); }
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }

 private:
  struct Cleanup {
    void operator()(CURLSH* sessions) const { ::curl_share_cleanup(sessions); }
  };

  const Clock& clock_;
  // TLS sessions, which the easy handles do not share by themselves. One thread: no locks. Outlives them.
  std::unique_ptr<CURLSH, Cleanup> sessions_;
  std::shared_ptr<const Route> route_;
  bool generation_ = false;  // of route_
  MonoTime renew_at_;
  std::vector<std::unique_ptr<Transfer>> idle_;
};

}  // namespace respand::http
