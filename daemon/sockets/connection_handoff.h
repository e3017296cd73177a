#pragma once
// Carries open connections from one process to the next. At a stop they are put into a ConnectionHandoff, with the
// state of each; at the next start restore() takes them out. `app` moves the descriptors, through the service manager's
// descriptor store. io thread.

#include <vector>

#include "sockets/connection_state.h"

namespace respand::sockets {

// ConnectionHandoff: the connections that a process leaves to the next one.
class ConnectionHandoff {
 public:
  // Puts in a connection, which belongs to the next process from here on. After a failure the socket stays with the
  // caller.
  [[nodiscard]] Status put(const ConnectionState& connection_state, UniqueFd& socket) {
    Status added = sockets_.empty() && writer_.count() == 0 ? writer_.open() : Status();
    added = added ? writer_.add(connection_state) : added;
    if (added) {
      sockets_.push_back(std::move(socket));
    }
    return added;
  }
  [[nodiscard]] const std::vector<UniqueFd>& sockets() const { return sockets_; }
  [[nodiscard]] Result<UniqueFd> describe() { return writer_.seal(); }
  void clear() { sockets_.clear(); }

 private:
  ConnectionStateWriter writer_;
  std::vector<UniqueFd> sockets_;
};

// A socket with its connection state.
struct RestoredConnection {
  UniqueFd socket;
  ConnectionState connection_state;
};
// What restore() has found: connections to go on with, and how many sockets were closed and why.
struct Return {
  std::vector<RestoredConnection> connections;
  std::size_t closed = 0;
  std::string problem;
};
// Finds each socket's connection state in the file. A socket without a state, or that is not a connected stream socket
// of the kind that its state says, is closed. If the file can't be read all are closed, and `problem` says why.
[[nodiscard]] Return restore(UniqueFd file, std::vector<UniqueFd> sockets);

}  // namespace respand::sockets
