#pragma once
// Systemd: a stand-in for the service manager. It starts a program as systemd does, with the sockets that it listens on
// and the descriptors that the program has stored (LISTEN_FDS), reads the program's messages ($NOTIFY_SOCKET), and
// keeps the descriptor store. A thread of its own reads; any thread may ask.

#include <condition_variable>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "respand/base/mutex.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::test {

class Systemd {
 public:
  struct Settings {
    bool reads = true;                          // false: it never reads its messages
    std::size_t store = 1024;                   // FileDescriptorStoreMax=
    std::vector<std::string> environment = {};  // of the program
  };
  explicit Systemd(Settings settings);
  Systemd() : Systemd(Settings{}) {}
  ~Systemd();
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  // Adds a socket that each started process gets. It must be bound, and listen if it is a stream socket.
  void add_socket(UniqueFd socket, std::string name);
  // Puts a descriptor into the store, as a process would have.
  void store(UniqueFd descriptor, std::string name);
  [[nodiscard]] std::unique_ptr<Process> start(const std::string& program, const std::vector<std::string>& arguments);

  // All messages so far, in their order.
  [[nodiscard]] std::vector<std::string> messages() const;
  // Waits for a message after the first `from` that contains `text`. Returns how many messages there are up to that
  // one, itself included; 0 at the deadline.
  [[nodiscard]] std::size_t wait_for(std::string_view text, std::size_t from = 0) const;
  // Names of what is in the store.
  [[nodiscard]] std::vector<std::string> stored() const;
  void clear_store();

  [[nodiscard]] const std::string& notify_path() const { return path_; }

 private:
  struct Descriptor {
    UniqueFd fd;
    std::string name;
  };
  void hear();
  void hear_all();
  void take(const std::string& message, std::vector<UniqueFd> descriptors) REQUIRES(mutex_);

  const Settings settings_;
  TempDir folder_;
  const std::string path_;
  UniqueFd socket_;
  UniqueFd end_;
  mutable Mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> messages_ GUARDED_BY(mutex_);
  std::vector<Descriptor> sockets_ GUARDED_BY(mutex_);
  std::vector<Descriptor> store_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace respand::test
