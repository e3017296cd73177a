#pragma once
// ServerList: the servers that a client may connect to, those of the configuration and those that the cluster named
// since, and which one is next and when. Each that failed waits, longer each time and never exactly as long as others.
// Used by NatsClient. Pure; one thread at a time.

#include <optional>
#include <string>
#include <vector>

#include "nats/connection.h"
#include "respand/base/random.h"
#include "respand/base/result.h"

namespace respand::nats {

class ServerList {
 public:
  // The wait of a server after its first failure, and the longest. A new credential or a server that came back is found
  // within the longest.
  static constexpr Duration kFirstWait = std::chrono::milliseconds{100};
  static constexpr Duration kLongestWait = std::chrono::seconds{10};
  // A connection that lasted less counts as another failure of its server.
  static constexpr Duration kShortLife = std::chrono::seconds{5};

  // Begins with any of the servers. `random` is borrowed. What is no address is left out: see error().
  ServerList(const std::vector<std::string>& servers, Random& random);

  // Why there is no server at all; empty: there is one.
  [[nodiscard]] const std::string& error() const { return error_; }
  // The server to connect to now, which is the current one from then on. None: none before due().
  [[nodiscard]] std::optional<Server> take(MonoTime now);
  [[nodiscard]] MonoTime due() const;
  // The connection to the current server failed, or could not be made, after it was up for `lived`.
  void failed(MonoTime now, Duration lived);
  // The current server will stop soon. False: there is no other one to go to.
  [[nodiscard]] bool leave(MonoTime now);
  // The servers of the cluster, as the current one names them, in place of those that were named before.
  void learn(const std::vector<std::string>& urls);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Address address;
    bool configured = false;
    unsigned failures = 0;
    MonoTime due{};
  };
  [[nodiscard]] bool holds(const Address& address) const;

  Random* random_;
  std::vector<Entry> entries_;
  std::size_t current_ = 0;
  std::string error_;
};

}  // namespace respand::nats
