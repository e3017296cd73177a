#pragma once
// Open connections on their way from one process to the next: at a stop they are put in, with what each of them holds;
// at the next start they are taken out. Who carries them (the service manager's descriptor store) is app's affair. io
// thread.

#include <vector>

#include "sockets/connection_state.h"

namespace respand::sockets {

// What a process leaves behind.
class ConnectionHandoff {
 public:
  // A connection, which is the next process's from here on; the socket is only taken where this succeeds.
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

// A connection with its connection state.
struct RestoredConnection {
  UniqueFd socket;
  ConnectionState connection_state;
};
// Finds each socket's connection state in the file. A socket that is no connected stream socket of the kind that its
// connection state says, or has none, is closed; so are all where the file can't be read, which `problem` then says.
struct Return {
  std::vector<RestoredConnection> connections;
  std::size_t closed = 0;
  std::string problem;
};
[[nodiscard]] Return restore(UniqueFd file, std::vector<UniqueFd> sockets);

}  // namespace respand::sockets
