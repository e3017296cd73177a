#pragma once
// Where a sink writes what it got: the record file and the printed lines. Both collect during a turn of the event loop
// and are written at its end, before the answers of that turn go out: an answered record is in the file. Sink's thread.

#include <string>
#include <string_view>

#include "respand/base/fd.h"
#include "respand/base/result.h"
#include "respand/record/record_parser.h"
#include "sink/script.h"

namespace respand::sink {

// "nextbit256/cydonia-2b  cost 0.001  generation_time 1.2  customer user_123  id 0198…  200\n"; fields that are missing
// are left out. Cut to what a terminal line bears, control characters as '?'.
void put_line(std::string& out, const record::RecordFields& fields, const Verdict& verdict);

class Outputs {
 public:
  // Opens `record_file` for appending; empty: none. `print_fd` is borrowed; -1: none.
  [[nodiscard]] Status open(const std::string& record_file, int print_fd);
  // A record that was taken in. Line breaks in it become spaces.
  void record(std::string_view body);
  void print(const record::RecordFields& fields, const Verdict& verdict);
  // Writes what was collected. After an error (logged once) that output is given up.
  void flush();

 private:
  static void write_out(int& fd, std::string& bytes, std::string_view what);

  UniqueFd owned_;
  int record_fd_ = -1;
  int print_fd_ = -1;
  std::string records_;
  std::string lines_;
};

}  // namespace respand::sink
