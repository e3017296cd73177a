#pragma once
// Segments: the table of the journal's segment files. It says which are live (they hold records that are not
// acknowledged, or that somebody still looks for), which are spare (free_list.h), and how many there may be. Any thread
// reads the table; only the journal's thread changes it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/free_list.h"
#include "journal/scanner.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

class Segments {
 public:
  // The names of the files that prepare() and prepare_copy() make. A file of that name that an earlier run left holds
  // nothing that is needed.
  static constexpr std::string_view kPrepared = "rewritten";
  static constexpr std::string_view kCopy = "compacted";

  struct Limits {
    Bytes segment_size;  // what a segment is to grow to
    Bytes max_size;      // of all files, live and spare; two segments at least
  };
  // A live segment and where its records end.
  struct Entry {
    SegmentName name;
    Sequence limit{~0ULL};  // first sequence of the next live segment: records from there on are not this one's
    std::uint64_t size = 0;
    std::uint32_t edition = 0;  // of Segment
  };

  // `live` and `spare` as recovery found them, in order of id. `fs` is borrowed.
  Segments(fs::FileSystem& fs, std::string directory, std::uint64_t journal, Limits limits,
           const std::vector<SegmentFile>& live, const std::vector<SegmentFile>& spare);

  // Makes the next segment from a spare or a new file and writes its header, which is not synced; the segment is live
  // from now on. kNoSpace where it might exceed max_size. Its name is durable before anything is written to it, so that
  // a file that a power cut leaves under an older name can't hold records of the new segment.
  [[nodiscard]] Result<std::shared_ptr<Segment>> create(Sequence first, WallTime created, std::uint64_t appended);
  // The same in two steps, for a segment that must be there whole or not at all: until adopt() it is a file of another
  // name and not live. The caller syncs it in between. Requires of prepare(): capacity().
  [[nodiscard]] Result<std::shared_ptr<Segment>> prepare(Sequence first, WallTime created, std::uint64_t appended);
  [[nodiscard]] Status adopt(const std::shared_ptr<Segment>& segment);
  // For compacting a run of neighbours (compactor.h). prepare_copy() makes an empty file of another name, and replace()
  // puts it in the place of the run's first segment; the other segments of the run are removed, and their records are
  // read from the copy. The change on disk is one rename, so a crash leaves either the run or the copy. Where it leaves
  // files of the other segments as well, these are as they were, and the copy counts only up to where they begin.
  // Requires of replace(): `copy` is synced; `run` is live, by id. After a failure the run is live as it was, except
  // that its first segment may be the copy already.
  [[nodiscard]] Result<std::shared_ptr<Segment>> prepare_copy(const SegmentName& first);
  [[nodiscard]] Status replace(std::span<const SegmentId> run, const std::shared_ptr<Segment>& copy,
                               std::shared_ptr<const SegmentIndex> index);
  [[nodiscard]] Status write_header(Segment& segment, WallTime created, std::uint64_t appended) const;
  // Removes the file that prepare_copy() made.
  void discard_copy();
  // Nothing more is written to the segment: from now on it counts with its size, not with the size it could have grown
  // to.
  void close(const Segment& segment);
  // Takes the newest segment out of the table and removes its file. Requires: nothing in it was acknowledged.
  void discard_newest();
  // The newest segment's fdatasync failed: its file is removed when it is acknowledged, not written over and synced
  // again.
  void spoil_newest();
  // The oldest live segments whose records are all below `floor` become spare; surplus spares are removed.
  void recycle(Sequence floor);

  // Gives up the oldest live segment, whatever it holds. Its file is kept for the next segment where it may be written
  // over, so that on a full disk nobody else gets its blocks first; otherwise they are free when this returns. Whoever
  // still reads the segment finds records of another one, or nothing.
  void drop_oldest();
  // Makes the only live segment spare, unless somebody still has it open. Requires: nobody needs its records.
  void spare_newest();

  // The live segment that holds `sequence` or would hold it; none where there is no live segment at or below it.
  [[nodiscard]] std::optional<Entry> find(Sequence sequence) const;
  // The live segment after `id`, if any.
  [[nodiscard]] std::optional<Entry> after(SegmentId id) const;
  [[nodiscard]] std::optional<Entry> oldest() const;
  // The live segments that somebody has open and whose names do not lead to their files any more.
  [[nodiscard]] std::vector<Entry> removed() const;
  // All of them, by id.
  [[nodiscard]] std::vector<Entry> all() const;
  // kNotFound where it is not live any more.
  [[nodiscard]] Result<std::shared_ptr<Segment>> open(const SegmentName& name) const;

  [[nodiscard]] std::size_t live_files() const;
  [[nodiscard]] Bytes live_bytes() const;
  [[nodiscard]] Bytes max_size() const { return limits_.max_size; }
  [[nodiscard]] bool capacity() const;                             // create() would not fail for max_size
  [[nodiscard]] bool has_spare() const { return !free_.empty(); }  // journal thread

 private:
  struct Live {
    SegmentName name;
    std::uint64_t size = 0;               // what it may grow to while it is written, then its file's
    mutable std::weak_ptr<Segment> open;  // a dropped segment is still read by those who hold it
    bool unsyncable = false;
    std::uint32_t edition = 0;
    std::shared_ptr<const SegmentIndex> index{};  // of what was compacted in this run
  };
  // What a look at the table needs to open a segment's file.
  struct Known {
    std::shared_ptr<Segment> open;
    std::uint32_t edition = 0;
    std::shared_ptr<const SegmentIndex> index;
  };
  [[nodiscard]] std::optional<Known> known(SegmentId id) const;
  [[nodiscard]] std::string path(const SegmentName& name) const { return directory_ + "/" + segment_name(name); }
  void free(const Live& old);
  [[nodiscard]] Status remove_replaced();
  [[nodiscard]] static Entry entry(const std::vector<Live>& live, std::size_t index);

  fs::FileSystem& fs_;
  const std::string directory_;
  const std::uint64_t journal_;
  const Limits limits_;
  LockGuarded<std::vector<Live>> live_;
  FreeList free_;                      // journal thread
  std::vector<SegmentName> replaced_;  // journal thread; files of which replace() has put what is left elsewhere, by id
  SegmentId last_id_;                  // journal thread
};

}  // namespace respand::journal
