#pragma once
// What a test may mount without anybody else seeing it: in a mount namespace of this thread, of the threads and of the
// processes that it starts from then on. Needs root. One thread.

#include <string>

#include "tests/support/files.h"

namespace respand::test {

// Leaves for a namespace from which nothing gets out, once a process. Empty, or why that can't be.
std::string leave_for_own_mounts();

// An /etc/hosts of the test's own. Where it can't be mounted `why_not()` says so.
class OwnHosts {
 public:
  explicit OwnHosts(const std::string& text);
  ~OwnHosts();
  OwnHosts(const OwnHosts&) = delete;
  OwnHosts& operator=(const OwnHosts&) = delete;

  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  void change(const std::string& text) { write_file(file_, text); }

 private:
  TempDir folder_;
  std::string file_ = folder_ / "hosts";
  std::string why_not_;
};

}  // namespace respand::test
