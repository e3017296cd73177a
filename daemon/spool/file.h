#pragma once
// SpoolFile: one file on its way from the spool directory into the journal, and what is known of it. Spool thread.

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "respand/fs/directory.h"
#include "spool/name.h"
#include "spool/reader.h"
#include "spool/rejects.h"
#include "spool/taken.h"

namespace respand::spool {

enum class SpoolState : std::uint8_t {
  kKnown,      // not open; some of its records are durable
  kProving,    // being read to prove that it still holds those records
  kTaking,     // being read
  kWaiting,    // read to its end; once all its records are durable it is removed
  kAgain,      // it was written to, or could not be read, meanwhile: it goes back into the queue once none of its
               // records is on its way
  kRemoved,    // removed; the directory is to be synced
  kLingering,  // the removal is synced. The file is held open for a moment longer, as a writer may have opened it
               // before it was removed
};

struct SpoolFile {
  SpoolFileId id;
  std::string
      name;  // its entry in the directory; once it is claimed for removal, a name of the spool's own (taking_name())
  SpoolKind kind;
  SpoolState state = SpoolState::kKnown;
  std::unique_ptr<fs::DirectoryFile> open;  // null: it is not open
  SpoolStamp stamp;                         // when it was opened, and when it was read to its end
  SpoolTaken taken;
  std::uint64_t proof = 0;        // kProving: sum of the marks of what was read
  std::uint32_t uncommitted = 0;  // records in batches that are not committed
  std::uint32_t owner = 0;        // user
  bool replayed = false;          // kReplayPrefix
  bool fresh = false;      // last written so shortly before it was opened that a later write may leave the same stamp
  bool touched = false;    // a notice named it since it was opened
  bool whole = false;      // kKnown: all of it is durable while its stamp stays; only its removal is left
  bool unlinked = false;   // it has no name any more: what is in it is read from `open` alone
  Duration delay{0};       // kAgain: how long to wait before it is read again
  MonoTime not_before{};   // kKnown: a file that somebody writes to all the time is read again at most this often
  MonoTime until{};        // kLingering
  std::uint64_t scan = 0;  // the last listing that had it
  bool unkept = false;     // what was refused of it has no place in rejected/
  bool put_off = false;    // too many large files were being read
  std::unique_ptr<SpoolReader> reader;  // kProving, kTaking
  std::unique_ptr<SpoolRejects> rejects;
  std::array<std::uint64_t, 6> refused{};  // by record::Reason; counted once the file is gone
  std::uint64_t refused_bytes = 0;
};

}  // namespace respand::spool
