#include "tests/support/fs/fault_directory.h"

#include <cerrno>
#include <optional>

namespace respand::fs {
namespace {

// The names that there were when the listing began.
class FaultListing final : public Listing {
 public:
  FaultListing(std::shared_ptr<GuardedMachine> guarded, FolderHandle folder, std::vector<std::string> names)
      : guarded_(std::move(guarded)), folder_(std::move(folder)), names_(std::move(names)) {}

  [[nodiscard]] Result<std::optional<std::string>> next() override {
    Status entered = guarded_->machine.with([&](Machine& machine) { return machine.folders().list_next(folder_); });
    if (!entered) {
      return std::move(entered).error();
    }
    return next_ < names_.size() ? std::optional(names_[next_++]) : std::nullopt;
  }

 private:
  const std::shared_ptr<GuardedMachine> guarded_;
  const FolderHandle folder_;
  const std::vector<std::string> names_;
  std::size_t next_ = 0;
};

}  // namespace

FaultFile::~FaultFile() {
  guarded_->machine.with([&](Machine& machine) { machine.files().close(handle_); });
}

Result<std::size_t> FaultFile::read_at(std::uint64_t offset, MutableBytes out) const {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().read(handle_, path_, offset, out); });
}
Status FaultFile::write_at(std::uint64_t offset, std::span<const ConstBytes> parts) {
  if (!writable_) {
    return os_error(EBADF, "write " + path_);
  }
  return guarded_->machine.with([&](Machine& machine) { return machine.files().write(handle_, path_, offset, parts); });
}
Status FaultFile::sync_data() {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().sync_data(handle_, path_); });
}
Status FaultFile::truncate(std::uint64_t size) {
  if (!writable_) {
    return os_error(EBADF, "truncate " + path_);
  }
  return guarded_->machine.with([&](Machine& machine) { return machine.files().truncate(handle_, path_, size); });
}
Result<std::uint64_t> FaultFile::size() const {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().size(handle_, path_); });
}
Result<FileIdentity> FaultFile::identity() const {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().identity(handle_, path_); });
}
Result<FileInfo> FaultFile::info() const {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().info(handle_); });
}
Result<FileBirth> FaultFile::birth() const {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().birth(handle_); });
}
Writers FaultFile::writers() const {
  return guarded_->machine.with([&](Machine& machine) { return machine.files().writers(handle_); });
}

FaultDirectory::~FaultDirectory() {
  if (locked_) {
    with([&](FolderCalls& folders) { folders.unlock(folder_); });
  }
}

Status FaultDirectory::check_access() const {
  return with([&](FolderCalls& folders) { return folders.check_access(folder_); });
}
Status FaultDirectory::lock() {
  Status locked = with([&](FolderCalls& folders) { return folders.lock(folder_); });
  locked_ = locked_ || locked.has_value();
  return locked;
}
Result<FileInfo> FaultDirectory::info() const {
  return with([&](FolderCalls& folders) { return folders.info(folder_); });
}
Result<std::unique_ptr<Listing>> FaultDirectory::list() const {
  auto names = with([&](FolderCalls& folders) { return folders.list(folder_); });
  if (!names) {
    return std::move(names).error();
  }
  return std::make_unique<FaultListing>(guarded_, folder_, std::move(*names));
}
Result<FileInfo> FaultDirectory::look(const std::string& name) const {
  return with([&](FolderCalls& folders) { return folders.look(folder_, name); });
}
Result<std::unique_ptr<DirectoryFile>> FaultDirectory::open(const std::string& name) const {
  auto handle = with([&](FolderCalls& folders) { return folders.open_file(folder_, name); });
  if (!handle) {
    return std::move(handle).error();
  }
  return std::make_unique<FaultFile>(guarded_, *handle, folder_.at(name), false);
}
Result<std::unique_ptr<DirectoryFile>> FaultDirectory::create(const std::string& name) {
  auto handle = with([&](FolderCalls& folders) { return folders.create(folder_, name); });
  if (!handle) {
    return std::move(handle).error();
  }
  return std::make_unique<FaultFile>(guarded_, *handle, folder_.at(name), true);
}
Status FaultDirectory::make_directory(const std::string& name) {
  return with([&](FolderCalls& folders) { return folders.make_directory(folder_, name); });
}
Result<std::unique_ptr<Directory>> FaultDirectory::open_directory(const std::string& name) const {
  auto folder = with([&](FolderCalls& folders) { return folders.open_directory(folder_, name); });
  if (!folder) {
    return std::move(folder).error();
  }
  return std::make_unique<FaultDirectory>(guarded_, std::move(*folder));
}
Status FaultDirectory::rename(const std::string& from, Directory& folder, const std::string& to) {
  const FolderHandle& other = dynamic_cast<FaultDirectory&>(folder).folder_;
  return with([&](FolderCalls& folders) { return folders.rename(folder_, from, other, to); });
}
Status FaultDirectory::remove(const std::string& name) {
  return with([&](FolderCalls& folders) { return folders.remove(folder_, name); });
}
Status FaultDirectory::sync() {
  return with([&](FolderCalls& folders) { return folders.sync(folder_); });
}

}  // namespace respand::fs
