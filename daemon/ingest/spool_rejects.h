#pragma once
// SpoolRejects: what was refused of one spool file, on its way to rejected/NAME (the bytes as written) and
// rejected/NAME.errors (a line for each refusal). Written as it comes to two hidden files; published under their names,
// synced, before the spool file is removed. Publishing the same content again changes nothing, and nothing older is
// ever overwritten: another content of the same name goes to NAME.<number>. Spool thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/spool_directory.h"
#include "ingest/spool_origin.h"
#include "respand/base/fd.h"
#include "respand/base/result.h"

namespace respand::ingest {

class SpoolRejects {
 public:
  // `directory` is borrowed. Nothing is touched before the first begin().
  SpoolRejects(const SpoolDirectory& directory, const SpoolFileId& id);
  // Removes what was not published.
  ~SpoolRejects();
  SpoolRejects(const SpoolRejects&) = delete;
  SpoolRejects& operator=(const SpoolRejects&) = delete;

  // A refusal: its line for NAME.errors (line ends and control characters are made harmless).
  [[nodiscard]] Status begin(std::string_view line);
  // Bytes of what was refused last.
  [[nodiscard]] Status append(std::string_view raw);
  // Nothing more comes: both files are complete and synced, and closed, when this returns.
  [[nodiscard]] Status close();
  // Gives them their names, durably, and returns the name inside rejected/. Where the same content stands there already
  // (it was published before a kill), that is it. After a failure the file has to be read again. Requires: close()
  // succeeded.
  [[nodiscard]] Result<std::string> publish(std::string_view name);

  [[nodiscard]] bool any() const { return any_; }

  // Removes hidden files that a killed process left behind. Requires: no SpoolRejects lives.
  static void sweep(const SpoolDirectory& directory);

 private:
  struct Part {
    std::string temporary;
    UniqueFd fd;
    std::string buffer;
    std::uint32_t crc = 0;
    Status flush();
  };
  Status open();
  Status put(Part& part, std::string_view bytes);
  Result<bool> settle(int folder, Part& part, const std::string& name);

  const SpoolDirectory& directory_;
  Part data_;
  Part errors_;
  bool any_ = false;
};

}  // namespace respand::ingest
