#pragma once
// LineWriter: a connection that asks for acks and writes records of an Oracle, which it tells what became of each. One
// thread.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/integration/daemon.h"
#include "tests/integration/oracle.h"

namespace respand::test {

class LineWriter {
 public:
  // Connects; connected() says whether that worked. Both are borrowed.
  LineWriter(const Daemon& daemon, Oracle& oracle);

  [[nodiscard]] bool connected() const { return alive_; }
  // Writes so many records. False: the connection is gone, or the daemon does not read them.
  bool write(std::size_t records, Duration within = kPatience);
  // Reads one answer. False where none comes.
  bool hear(Duration within = kPatience);
  // Reads until every record has its answer. False where that does not come.
  bool hear_all();
  // Closes the sending side and reads the remaining answers.
  bool end();

  [[nodiscard]] std::uint64_t open() const { return sent_.size() - answered_; }  // written and not answered
  [[nodiscard]] std::uint64_t acknowledged() const { return answered_ - refused_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  Oracle& oracle_;
  Client client_;
  bool alive_ = false;
  std::vector<std::uint64_t> sent_;
  std::vector<bool> bad_;
  std::size_t answered_ = 0;
  std::uint64_t refused_ = 0;
  std::string last_error_;
};

}  // namespace respand::test
