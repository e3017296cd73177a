#include "tests/ledger/fault_vfs.h"

#include <cstring>

namespace respand::ledger {
namespace {

struct Faults {
  std::uint64_t calls = 0;
  std::uint64_t fail_at = 0;
  int code = 0;
  bool for_good = false;
  std::uint64_t hit = 0;

  // SQLITE_OK, or how this call fails.
  int next(int io_error) {
    ++calls;
    const bool fails = fail_at != 0 && (calls == fail_at || (for_good && calls > fail_at));
    hit += fails ? 1U : 0U;
    return !fails ? SQLITE_OK : code == SQLITE_IOERR ? io_error : code;
  }
} faults;

sqlite3_vfs* system_vfs = nullptr;

struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }
const sqlite3_io_methods* methods(sqlite3_file* file) { return real(file)->pMethods; }

int close_file(sqlite3_file* file) { return methods(file)->xClose(real(file)); }
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  const int code = faults.next(SQLITE_IOERR_READ);
  return code != SQLITE_OK ? code : methods(file)->xRead(real(file), to, size, offset);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const int code = faults.next(SQLITE_IOERR_WRITE);
  if (code != SQLITE_OK) {
    // As a full disk does: half of it is there.
    methods(file)->xWrite(real(file), from, size / 2, offset);
    return code;
  }
  return methods(file)->xWrite(real(file), from, size, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int code = faults.next(SQLITE_IOERR_TRUNCATE);
  return code != SQLITE_OK ? code : methods(file)->xTruncate(real(file), size);
}
// No test cuts the power: a real sync would only take its time.
int sync_file(sqlite3_file*, int) { return faults.next(SQLITE_IOERR_FSYNC); }
int size_of(sqlite3_file* file, sqlite3_int64* size) { return methods(file)->xFileSize(real(file), size); }
int lock_file(sqlite3_file* file, int level) { return methods(file)->xLock(real(file), level); }
int unlock_file(sqlite3_file* file, int level) { return methods(file)->xUnlock(real(file), level); }
int is_reserved(sqlite3_file* file, int* out) { return methods(file)->xCheckReservedLock(real(file), out); }
int control(sqlite3_file* file, int op, void* argument) {
  return methods(file)->xFileControl(real(file), op, argument);
}
int sector_size(sqlite3_file* file) { return methods(file)->xSectorSize(real(file)); }
int device(sqlite3_file* file) { return methods(file)->xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return methods(file)->xShmMap(real(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return methods(file)->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { methods(file)->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return methods(file)->xShmUnmap(real(file), remove); }

const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods all{};
  all.iVersion = 2;
  all.xClose = close_file;
  all.xRead = read_file;
  all.xWrite = write_file;
  all.xTruncate = truncate_file;
  all.xSync = sync_file;
  all.xFileSize = size_of;
  all.xLock = lock_file;
  all.xUnlock = unlock_file;
  all.xCheckReservedLock = is_reserved;
  all.xFileControl = control;
  all.xSectorSize = sector_size;
  all.xDeviceCharacteristics = device;
  all.xShmMap = shm_map;
  all.xShmLock = shm_lock;
  all.xShmBarrier = shm_barrier;
  all.xShmUnmap = shm_unmap;
  return all;
}();

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (faults.next(SQLITE_CANTOPEN) != SQLITE_OK) {
    return SQLITE_CANTOPEN;
  }
  const int code = system_vfs->xOpen(system_vfs, path, real(file), flags, out_flags);
  file->pMethods = real(file)->pMethods != nullptr ? &kMethods : nullptr;
  return code;
}
int delete_file(sqlite3_vfs*, const char* path, int sync) {
  const int code = faults.next(SQLITE_IOERR_DELETE);
  return code != SQLITE_OK ? code : system_vfs->xDelete(system_vfs, path, sync);
}

sqlite3_vfs fault_vfs;

}  // namespace

FaultVfs::FaultVfs() {
  system_vfs = sqlite3_vfs_find(nullptr);
  fault_vfs = *system_vfs;
  fault_vfs.pNext = nullptr;
  fault_vfs.zName = "fault";
  fault_vfs.szOsFile = static_cast<int>(sizeof(File)) + system_vfs->szOsFile;
  fault_vfs.xOpen = open_file;
  fault_vfs.xDelete = delete_file;
  sqlite3_vfs_register(&fault_vfs, 0);
  faults = {};
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&fault_vfs); }

void FaultVfs::fail_at(std::uint64_t nth, int code, bool for_good) {
  faults.fail_at = faults.calls + nth;
  faults.code = code;
  faults.for_good = for_good;
}
void FaultVfs::clear_faults() { faults.fail_at = 0; }
std::uint64_t FaultVfs::faults_hit() const { return faults.hit; }

}  // namespace respand::ledger
