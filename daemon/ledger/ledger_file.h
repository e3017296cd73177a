#pragma once
// LedgerFile: the ledger's database as a file in its folder: it is made where it is missing, noticed where somebody
// took it away, and set aside where it is broken. Used by Ledger; the ledger's thread.
//
// What holds: a broken file is never written to or removed, but for the oldest ones beyond kMostSetAside.

#include <cstddef>
#include <optional>
#include <string>

#include "ledger/store.h"
#include "respand/base/clock.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"
#include "respand/metrics/metrics.h"

namespace respand::ledger {

class LedgerFile {
 public:
  // Broken files that are kept. They are for people, who look within days.
  static constexpr std::size_t kMostSetAside = 3;

  // `vfs`: SQLite's; empty: the system's. `set_aside` counts broken files. `host`: this one's name, which the file
  // keeps. `fs` is borrowed.
  LedgerFile(std::string directory, std::string vfs, fs::FileSystem& fs, metrics::Counter set_aside,
             std::string host = {})
      : directory_(std::move(directory)),
        vfs_(std::move(vfs)),
        fs_(fs),
        set_aside_(set_aside),
        host_(std::move(host)) {}

  // Opens the file, and makes it and its folder where they are missing. kCorrupt: it is to be set aside. Requires:
  // !is_open().
  [[nodiscard]] Status open();
  [[nodiscard]] bool is_open() const { return store_.has_value(); }
  // Requires: is_open(). Valid until close(), close_if_moved() or set_aside().
  [[nodiscard]] Store& store() { return *store_; }
  // Closes the file where its name does not lead to it any more: what is written to it would go with its last
  // descriptor.
  void close_if_moved();
  void close() { store_.reset(); }
  // Closes the file and gives it another name, so that the next open() makes a new one. Where that fails the file stays
  // in its place, and open() will find it again.
  void set_aside(const Error& why, WallTime now);
  [[nodiscard]] std::string path() const { return directory_ + "/" + kFileName; }

 private:
  [[nodiscard]] Status rename_to(const std::string& aside);
  void remove_oldest_aside();

  const std::string directory_;
  const std::string vfs_;
  fs::FileSystem& fs_;
  metrics::Counter set_aside_;
  const std::string host_;
  std::optional<Store> store_;
};

}  // namespace respand::ledger
