#pragma once
// Mounts of a test that nobody else sees: they are in a mount namespace of this thread, and of the threads and
// processes that it starts from then on. Needs root. One thread.

#include <string>

#include "tests/support/files.h"

namespace respand::test {

// Enters a mount namespace of its own, from which no mount gets out; once a process. Returns an empty text, or why that
// is not possible.
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
