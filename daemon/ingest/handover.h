#pragma once
// Open connections on their way from one process to the next: at a stop they are put in, with what each of them holds;
// at the next start they are taken out. Who carries them (the service manager's descriptor store) is app's affair. io
// thread.

#include <vector>

#include "ingest/baton.h"

namespace respand::ingest {

// What a process leaves behind.
class Handover {
 public:
  // A connection, which is the next process's from here on; the socket is only taken where this succeeds.
  [[nodiscard]] Status put(const Baton& baton, UniqueFd& socket) {
    Status added = sockets_.empty() && writer_.count() == 0 ? writer_.open() : Status();
    added = added ? writer_.add(baton) : added;
    if (added) {
      sockets_.push_back(std::move(socket));
    }
    return added;
  }
  [[nodiscard]] const std::vector<UniqueFd>& sockets() const { return sockets_; }
  [[nodiscard]] Result<UniqueFd> describe() { return writer_.seal(); }
  void clear() { sockets_.clear(); }

 private:
  BatonWriter writer_;
  std::vector<UniqueFd> sockets_;
};

// A connection with its baton.
struct Returned {
  UniqueFd socket;
  Baton baton;
};
// Finds each socket's baton in the file. A socket that is no connected stream socket of the kind that its baton says,
// or has none, is closed; so are all where the file can't be read, which `problem` then says.
struct Return {
  std::vector<Returned> connections;
  std::size_t closed = 0;
  std::string problem;
};
[[nodiscard]] Return take_out(UniqueFd file, std::vector<UniqueFd> sockets);

}  // namespace respand::ingest
