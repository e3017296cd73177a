#include "ledger/ledger_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::ledger {

Status LedgerFile::open() {
  if (auto made = fs_.make_directories(directory_); !made) {
    return std::move(made).fail("costs.directory");
  }
  // SQLite would make the file readable for everybody.
  if (auto made = fs_.open(path(), fs::OpenMode::kCreate); !made) {
    return std::move(made).fail("costs.directory");
  }
  auto store = Store::open(path(), vfs_);
  if (!store) {
    return std::move(store).error();
  }
  if (auto named = store->set_host(host_); !named) {
    return std::move(named).fail(path());
  }
  store_.emplace(std::move(*store));
  return {};
}

void LedgerFile::close_if_moved() {
  if (store_ && store_->moved()) {
    log::warning("the ledger's file was removed or replaced: it is opened anew", {{"file", path()}});
    store_.reset();
  }
}

void LedgerFile::set_aside(const Error& why, WallTime now) {
  store_.reset();
  set_aside_.add();
  const std::string aside = cat(path(), ".broken-", iso8601(now));
  const Status moved = rename_to(aside);
  log::error("the ledger is broken: it is set aside and made anew from what the journal still has",
             {{"why", why.message}, {"file", aside}, {"error", moved ? "" : moved.error().message}});
  remove_oldest_aside();
}

Status LedgerFile::rename_to(const std::string& aside) {
  const Status moved = fs_.rename(path(), aside);
  if (!moved && moved.error().code != ErrorCode::kNotFound) {
    return moved;
  }
  // The WAL belongs to the broken file, and would be applied to the new one. Often there is none.
  static_cast<void>(fs_.rename(path() + "-wal", aside + "-wal"));
  static_cast<void>(fs_.remove(path() + "-shm"));
  return fs_.sync_directory(directory_);
}

void LedgerFile::remove_oldest_aside() {
  auto names = fs_.list(directory_);
  if (!names) {
    return;
  }
  std::vector<std::string> aside;
  for (const std::string& name : *names) {
    if (name.starts_with(cat(kFileName, ".broken-")) && !name.ends_with("-wal")) {
      aside.push_back(name);
    }
  }
  std::sort(aside.begin(), aside.end());  // by time: it is in the name
  for (std::size_t i = 0; i + kMostSetAside < aside.size(); ++i) {
    static_cast<void>(fs_.remove(cat(directory_, "/", aside[i])));
    static_cast<void>(fs_.remove(cat(directory_, "/", aside[i], "-wal")));
  }
}

}  // namespace respand::ledger
