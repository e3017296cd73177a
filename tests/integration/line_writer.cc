#include "tests/integration/line_writer.h"

#include "tests/support/json.h"

namespace respand::test {

LineWriter::LineWriter(const Daemon& daemon, Oracle& oracle) : oracle_(oracle), client_(daemon.connect()) {
  alive_ = client_.connected() && client_.send("!ack\n");
}

bool LineWriter::write(std::size_t records, Duration within) {
  std::string lines;
  for (std::size_t i = 0; i < records; ++i) {
    sent_.push_back(oracle_.next());
    bad_.push_back(false);
    lines += oracle_.text_of(sent_.back()) + "\n";
  }
  alive_ = alive_ && client_.send(lines, within);
  return alive_;
}

bool LineWriter::hear(Duration within) {
  const auto answer = client_.read_line(within);
  if (!answer) {
    alive_ = alive_ && !client_.at_end();
    return false;
  }
  if (const std::string line = member(*answer, "line"); !line.empty()) {
    bad_.at(std::stoull(line) - 1) = true;
    last_error_ = member(*answer, "error");
    return true;
  }
  const std::string upto = member(*answer, "durable");
  for (const std::size_t end = upto.empty() ? answered_ : std::stoull(upto); answered_ < end; ++answered_) {
    if (bad_.at(answered_)) {
      ++refused_;
      oracle_.refused(sent_[answered_]);
    } else {
      oracle_.acknowledged(sent_[answered_]);
    }
  }
  return true;
}

bool LineWriter::hear_all() {
  while (open() > 0 && hear()) {
  }
  return open() == 0;
}

bool LineWriter::end() {
  client_.half_close();
  return hear_all();
}

}  // namespace respand::test
