#pragma once
// DeadLetterStore: reads dead letters on disk and takes them away. Used by the `dead-letters` commands, and by
// DeadLetters, which finishes what a killed command has left. One thread. Whoever takes letters away holds the folder's
// lock file, so that nothing is appended meanwhile.
//
// Taking letters away is atomic. The letters that stay are written to kRest, which is renamed over the day's file. The
// records of replayed letters go to a file of the spool directory first, hidden until it is complete; the spool then
// takes each of them exactly once. One file, kPlan, decides: while it exists the two renames are still to be made, by
// whoever opens the folder next; before it exists, neither has been made.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/dead_letter_line.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::delivery {

class DeadLetterStore {
 public:
  static constexpr std::string_view kSuffix = ".ndjson";
  static constexpr std::string_view kPlan = ".plan";
  static constexpr std::string_view kRest = ".rest";
  // In the spool directory.
  static constexpr std::string_view kHidden = ".respand-replay.part";

  using Visit = std::function<void(const std::string& file, std::string_view line)>;
  using Select = std::function<bool(const DeadLetterLine&)>;

  struct Counts {
    std::uint64_t letters = 0;       // taken away
    std::uint64_t other_routes = 0;  // selected for a replay, but this version does not know their route: they stay
    std::uint64_t repeated = 0;      // of `letters`: second copies after a crash, which are not replayed again
  };

  // Takes the lock and finishes what was left half done. kExists: another process holds the lock; kNotFound: no such
  // folder. `spool` may be empty: then nothing can be replayed. `fs` is borrowed.
  [[nodiscard]] static Result<DeadLetterStore> open(fs::FileSystem& fs, const std::string& directory,
                                                    const std::string& spool);
  // Only the finishing, for a caller that holds the lock. Cheap where there is nothing to finish.
  [[nodiscard]] static Status finish(fs::FileSystem& fs, const std::string& directory);

  // Visits all lines of all files, the oldest day first, torn lines included. Views hold until `visit` returns.
  // Needs no lock: files only grow, or are replaced as a whole.
  [[nodiscard]] static Status each(fs::FileSystem& fs, const std::string& directory, const Visit& visit);
  // Takes the selected letters away for good; lines that are no letters stay.
  [[nodiscard]] Result<Counts> purge(const Select& select);
  // Hands the selected letters to the spool, one file a day: "<prefix><day>-<number>.ndjson". A running daemon then
  // takes each of their records into the journal exactly once.
  [[nodiscard]] Result<Counts> replay(const Select& select, std::string_view prefix, Random& random);

 private:
  class ReplayedLetters;
  DeadLetterStore(fs::FileSystem& fs, std::unique_ptr<fs::Lock> lock, std::string directory, std::string spool)
      : fs_(&fs), lock_(std::move(lock)), directory_(std::move(directory)), spool_(std::move(spool)) {}
  [[nodiscard]] static Result<std::vector<std::string>> days(fs::FileSystem& fs, const std::string& directory);
  [[nodiscard]] Result<Counts> split(const std::string& day, const Select& select, ReplayedLetters* replayed) const;
  [[nodiscard]] Status decide(const std::string& plan) const;
  [[nodiscard]] std::string in_folder(std::string_view name) const { return directory_ + "/" + std::string(name); }

  fs::FileSystem* fs_;
  std::unique_ptr<fs::Lock> lock_;
  std::string directory_;
  std::string spool_;
};

}  // namespace respand::delivery
