#pragma once
// KeptReader: reads kept messages in order, from one place to another. What a power cut has torn, and what is damaged,
// is told and left out. The edge's thread.

#include <cstdint>
#include <memory>
#include <string>

#include "fleet/kept_files.h"
#include "respand/fs/file_system.h"

namespace respand::fleet {

class KeptReader {
 public:
  enum class Step : std::uint8_t {
    kMessage,
    kEnd,      // nothing is left before `through`
    kMissing,  // a message or the rest of a file can't be used; what follows comes next
    kFailed,   // the disk refuses: to be called again
  };
  // Whether the messages themselves are read, or only counted.
  enum class Reads : bool { kHeads, kMessages };
  struct Message {
    std::string id;
    std::string message;  // Reads::kMessages
  };

  // `files` is borrowed.
  KeptReader(const KeptFiles& files, Reads reads, KeptPlace from) : files_(files), reads_(reads), at_(from) {}

  [[nodiscard]] Step next(KeptPlace through, Message& out);
  // Leaves out the rest of the file that the disk refuses.
  void skip_file();

 private:
  [[nodiscard]] Step read_frame(std::uint64_t size, Message& out);
  void enter(std::uint64_t number);

  const KeptFiles& files_;
  const Reads reads_;
  KeptPlace at_;
  std::unique_ptr<fs::File> file_;
  std::string head_;
};

}  // namespace respand::fleet
