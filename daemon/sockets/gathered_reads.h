#pragma once
// GatheredReads: reads from several connections at one time, a little after the first of them asked for it. io thread
// only.

#include <memory>
#include <vector>

#include "respand/base/units.h"
#include "respand/net/loop.h"

namespace respand::sockets {

class Connection;

class GatheredReads {
 public:
  // `interval`: from the first add() to the reads; at least a millisecond.
  GatheredReads(net::Loop& loop, Duration interval);

  // Calls Connection::read_gathered() then, once, together with the others that were added.
  void add(std::shared_ptr<Connection> connection);

 private:
  void read_all();

  const Duration interval_;
  std::vector<std::shared_ptr<Connection>> later_;
  std::vector<std::shared_ptr<Connection>> now_;  // empty but during read_all(); keeps its memory
  net::Timer alarm_;
};

}  // namespace respand::sockets
