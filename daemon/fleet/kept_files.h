#pragma once
// KeptFiles: the files of an edge's kept messages (FORMAT.md). Each message is one write behind the last one, without a
// sync: a kill -9 takes none of them, a power cut those that the kernel had not written yet. What is kept, and how
// long, is KeptMessages' matter; KeptReader reads them. The edge's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/taken_marks.h"
#include "respand/base/clock.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"

namespace respand::fleet {

// A message as it was published.
struct KeptMessage {
  std::string_view id;  // Nats-Msg-Id
  std::string_view message;
};

class KeptFiles {
 public:
  static constexpr std::string_view kMagic = "RSPNDKPT";
  static constexpr std::size_t kFileHead = 16;  // magic, and when the file was made
  static constexpr std::size_t kLengths = 8;    // of id and message, in front of each
  static constexpr std::size_t kChecksum = 8;   // behind lengths and id; a message has its own
  static constexpr std::size_t kLongestId = 255;

  struct File {
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    WallTime made{};
  };

  // `fs` and `clock` are borrowed.
  KeptFiles(std::string folder, fs::FileSystem& fs, const Clock& clock);

  // Finds the files of the run before that can be read, and makes the folder. Nothing is known after a failure: call it
  // again.
  [[nodiscard]] Status load();
  // Bytes that a message takes.
  [[nodiscard]] static std::uint64_t size_of(const KeptMessage& kept) {
    return kLengths + kept.id.size() + kChecksum + kept.message.size();
  }
  // Appends a message. After a failure, what was written is cut off again, and nothing is open. Requires: load().
  [[nodiscard]] Status append(const KeptMessage& kept);
  // The next message begins a new file.
  void close() { open_.reset(); }
  // The next file has this number, or a higher one.
  void number_from(std::uint64_t least) { next_ = next_ < least ? least : next_; }
  // Forgets the oldest file and removes it. Where it can't be removed, the next load() finds it. Requires: there is
  // one.
  File remove_first();
  // Removes all.
  void remove_all();

  // Behind the last message.
  [[nodiscard]] KeptPlace end() const;
  // The files, in the order of their numbers.
  [[nodiscard]] const std::vector<File>& all() const { return files_; }
  // Whether the last of them grows.
  [[nodiscard]] bool is_open() const { return open_ != nullptr; }
  [[nodiscard]] std::string path_of(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] fs::FileSystem& disk() const { return fs_; }

 private:
  [[nodiscard]] Status open_next();

  const std::string folder_;
  fs::FileSystem& fs_;
  const Clock& clock_;
  std::vector<File> files_;
  std::unique_ptr<fs::File> open_;  // the last one of them, while it grows
  std::uint64_t next_ = 1;          // number of the next file
  std::uint64_t bytes_ = 0;
  std::string head_;  // memory that is used again for each message
};

}  // namespace respand::fleet
