#pragma once
// Files: the files of the spool directory that are in hand, or that the journal knows of, by their identity. Spool
// thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "spool/file.h"

namespace respand::spool {

class Files {
 public:
  // The file with this identity; made, as one that is not open, where it is not known yet. Its address holds until
  // forget().
  [[nodiscard]] SpoolFile& find_or_add(const SpoolFileId& id);
  // Forgets files that had this inode number before and are not open: the number was used again, so they are gone.
  void drop_predecessors(const SpoolFileId& id);

  // The file has been opened.
  void note_open(SpoolFile& file, std::unique_ptr<fs::DirectoryFile> opened);
  // Closes the file; what is durable of it stays known.
  void release(SpoolFile& file);
  // Closes it, and nothing is known of it any more: `file` is gone.
  void forget(SpoolFile& file);
  // Files with a descriptor.
  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] bool all_open() const;

  // The file has waited until none of its records is on its way, and now none is: take_done() hands it out, once.
  void note_done(SpoolFile& file) { done_.push_back(&file); }
  [[nodiscard]] std::vector<SpoolFile*> take_done() { return std::exchange(done_, {}); }

  // A listing of the directory begins; of each inode that it finds note_listed() is told. True: it is in hand.
  void begin_listing() { ++listing_; }
  [[nodiscard]] bool note_listed(std::uint64_t inode);
  // The files that are not in hand and that the last listing has not found.
  [[nodiscard]] std::vector<SpoolFile*> not_listed();

  // The lowest sequence of the records that prove what of these files was taken; nothing where nothing needs a proof.
  [[nodiscard]] std::optional<Sequence> lowest_evidence() const;

 private:
  std::map<SpoolFileId, SpoolFile> files_;
  std::size_t open_ = 0;  // of files_, those with a descriptor
  std::vector<SpoolFile*> done_;
  std::uint64_t listing_ = 0;  // number of the current or last listing
};

}  // namespace respand::spool
