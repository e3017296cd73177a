#pragma once
// The open files and folders of FaultFileSystem: each makes its calls on the machine under the machine's mutex, and may
// outlive the file system.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "respand/base/mutex.h"
#include "respand/fs/directory.h"
#include "tests/support/fs/fault_machine.h"

namespace respand::fs {

struct GuardedMachine {
  explicit GuardedMachine(std::uint64_t seed) : machine(seed) {}
  LockGuarded<Machine> machine;
};

class FaultFile final : public DirectoryFile, public Identified {
 public:
  FaultFile(std::shared_ptr<GuardedMachine> guarded, const Handle& handle, std::string path, bool writable)
      : guarded_(std::move(guarded)), handle_(handle), path_(std::move(path)), writable_(writable) {}
  FaultFile(const FaultFile&) = delete;
  FaultFile& operator=(const FaultFile&) = delete;
  ~FaultFile() override;

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override;
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override;
  [[nodiscard]] Status sync_data() override;
  [[nodiscard]] Status truncate(std::uint64_t size) override;
  [[nodiscard]] Result<std::uint64_t> size() const override;
  [[nodiscard]] Result<FileIdentity> identity() const override;
  [[nodiscard]] Result<FileInfo> info() const override;
  [[nodiscard]] Result<FileBirth> birth() const override;
  [[nodiscard]] Writers writers() const override;

 private:
  const std::shared_ptr<GuardedMachine> guarded_;
  const Handle handle_;
  const std::string path_;
  const bool writable_;
};

class FaultDirectory final : public Directory {
 public:
  FaultDirectory(std::shared_ptr<GuardedMachine> guarded, FolderHandle folder)
      : guarded_(std::move(guarded)), folder_(std::move(folder)) {}
  FaultDirectory(const FaultDirectory&) = delete;
  FaultDirectory& operator=(const FaultDirectory&) = delete;
  ~FaultDirectory() override;

  [[nodiscard]] Status check_access() const override;
  [[nodiscard]] Status lock() override;
  [[nodiscard]] Result<FileInfo> info() const override;
  [[nodiscard]] Result<std::unique_ptr<Listing>> list() const override;
  [[nodiscard]] Result<FileInfo> look(const std::string& name) const override;
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> open(const std::string& name) const override;
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> create(const std::string& name) override;
  [[nodiscard]] Status make_directory(const std::string& name) override;
  [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const std::string& name) const override;
  [[nodiscard]] Status rename(const std::string& from, Directory& folder, const std::string& to) override;
  [[nodiscard]] Status remove(const std::string& name) override;
  [[nodiscard]] Status sync() override;

 private:
  template <typename F>
  auto with(F&& call) const {
    return guarded_->machine.with([&](Machine& machine) { return call(machine.folders()); });
  }

  const std::shared_ptr<GuardedMachine> guarded_;
  const FolderHandle folder_;
  bool locked_ = false;
};

}  // namespace respand::fs
