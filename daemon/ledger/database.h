#pragma once
// The interface to SQLite: a connection and its statements, errors as Status. Nothing else names SQLite. One thread at
// a time. It reaches its file through SQLite's own VFS, not through fs::FileSystem: SQLite's locking and its recovery
// are made for that, and its faults are tested with a VFS that fails (tests/ledger/fault_vfs.h).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace respand::ledger {

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  // Parameters count from 1; text and bytes are borrowed until reset().
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::string_view text);
  Statement& bind_bytes(int at, std::string_view bytes);
  // True: there is a row. After the last one it is reset.
  [[nodiscard]] Result<bool> step();
  // For what gives no rows.
  [[nodiscard]] Status run();
  void reset();
  // Of the row; columns count from 0; views hold until the next call.
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Mode : std::uint8_t {
    kReadWrite,   // made where it is missing
    kRead,        // beside a writer
    kReadAtRest,  // where no process has it open, and the folder may be read only
  };
  // `vfs`: the name of a SQLite VFS; empty: the system's.
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode, const std::string& vfs = {});

  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  [[nodiscard]] Status run(const std::string& sql);
  // The file that was opened is not the one of that name any more: removed or replaced.
  [[nodiscard]] bool moved();

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace respand::ledger
