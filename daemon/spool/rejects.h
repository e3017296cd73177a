#pragma once
// SpoolRejects: what was refused of one spool file, on its way to rejected/NAME and rejected/NAME.errors (a line for
// each refusal, as many as fit). Of a plain file rejected/NAME holds the refused bytes as written, of a packed one it
// is the file itself: what it unpacks to has no limit. Written as it comes to hidden files; published under their
// names, synced, before the spool file is removed. Publishing the same content again changes nothing, and nothing is
// ever overwritten: another content of the same name goes to NAME.<number>. Spool thread.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/fs/directory.h"
#include "spool/name.h"
#include "spool/origin.h"
#include "spool/rejected.h"

namespace respand::spool {

class SpoolRejects {
 public:
  // Bytes of reasons that are kept of one file; how many more there were is said at the end.
  static constexpr std::uint64_t kMaxErrors = 256 * 1024;

  // `rejected` is borrowed. Nothing is touched before the first begin().
  SpoolRejects(SpoolRejected& rejected, const SpoolFileId& id, SpoolPacking packing);
  // Removes what was not published.
  ~SpoolRejects();
  SpoolRejects(const SpoolRejects&) = delete;
  SpoolRejects& operator=(const SpoolRejects&) = delete;

  // A refusal: its line for NAME.errors (line ends and control characters are made harmless).
  [[nodiscard]] Status begin(std::string_view line);
  // Bytes of what was refused last.
  [[nodiscard]] Status append(std::string_view raw);
  // Nothing more comes: what was written is complete and synced, and closed, when this returns.
  [[nodiscard]] Status close();

  struct Published {
    std::string name;    // inside rejected/
    bool moved = false;  // the spool file itself lies there now
    bool synced = true;  // else rejected/ is to be synced before the spool directory: only where it was moved
  };
  // Gives it its names, durably. Where the same content stands there already (it was published before a kill), that is
  // it. `entry` and `file` are the spool file's. After a failure the file has to be read again. Requires: close()
  // succeeded.
  [[nodiscard]] Result<Published> publish(const SpoolDirectory& directory, const std::string& entry,
                                          fs::DirectoryFile& file);

  [[nodiscard]] bool any() const { return any_; }
  // No more reasons are kept: begin() only counts.
  [[nodiscard]] bool full() const { return unsaid_ > 0; }

 private:
  struct Part {
    std::string temporary;
    std::unique_ptr<fs::DirectoryFile> file;
    std::string buffer;
    std::uint64_t size = 0;  // flushed
    std::uint64_t room = 0;  // reserved
    std::uint32_t crc = 0;
  };
  // A file that is to have a name: where it lies, and which.
  struct Place {
    fs::Directory* folder;
    std::string from;
    std::string to;
  };
  [[nodiscard]] bool keeps_original() const { return packing_ != SpoolPacking::kPlain; }
  [[nodiscard]] Status open();
  [[nodiscard]] Status put(Part& part, std::string_view bytes);
  [[nodiscard]] Status flush(Part& part);
  [[nodiscard]] Status close(Part& part);
  // Looks at a pair of names: whether both are free or hold what is to be published, which `there` says of each.
  [[nodiscard]] static Result<bool> fits(fs::Directory& folder, const std::array<Place, 2>& places,
                                         std::array<bool, 2>& there);
  [[nodiscard]] Result<Published> take_places(fs::Directory& folder, const std::array<Place, 2>& places,
                                              const std::array<bool, 2>& there, const fs::DirectoryFile& file);
  [[nodiscard]] Result<bool> take_place(fs::Directory& folder, const Place& place, const fs::DirectoryFile& file);
  [[nodiscard]] Status copy_original(const fs::DirectoryFile& file, fs::Directory& folder);
  [[nodiscard]] std::uint32_t number() const;

  SpoolRejected& rejected_;
  const SpoolFileId id_;
  const SpoolPacking packing_;
  Part data_;
  Part errors_;
  std::uint64_t unsaid_ = 0;  // refusals whose lines did not fit
  bool any_ = false;
};

}  // namespace respand::spool
