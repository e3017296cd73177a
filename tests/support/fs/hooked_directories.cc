#include "tests/support/fs/hooked_directories.h"

#include <utility>

namespace respand::fs {
namespace {

class HookedFile final : public DirectoryFile {
 public:
  HookedFile(std::unique_ptr<DirectoryFile> inner, const DirectoryHooks& hooks)
      : inner_(std::move(inner)), hooks_(hooks) {}

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    return inner_->read_at(offset, out);
  }
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override {
    return inner_->write_at(offset, parts);
  }
  [[nodiscard]] Status sync_data() override { return inner_->sync_data(); }
  [[nodiscard]] Status truncate(std::uint64_t size) override { return inner_->truncate(size); }
  [[nodiscard]] Result<std::uint64_t> size() const override { return inner_->size(); }
  [[nodiscard]] Result<FileInfo> info() const override { return inner_->info(); }
  [[nodiscard]] Result<FileBirth> birth() const override { return inner_->birth(); }
  [[nodiscard]] Writers writers() const override {
    return hooks_.writers ? hooks_.writers(*inner_) : inner_->writers();
  }

 private:
  const std::unique_ptr<DirectoryFile> inner_;
  const DirectoryHooks& hooks_;
};

class HookedDirectory final : public Directory {
 public:
  HookedDirectory(std::unique_ptr<Directory> inner, const DirectoryHooks& hooks)
      : inner_(std::move(inner)), hooks_(hooks) {}

  [[nodiscard]] Status check_access() const override { return inner_->check_access(); }
  [[nodiscard]] Status lock() override { return inner_->lock(); }
  [[nodiscard]] Result<FileInfo> info() const override { return inner_->info(); }
  [[nodiscard]] Result<std::unique_ptr<Listing>> list() const override { return inner_->list(); }
  [[nodiscard]] Result<FileInfo> look(const std::string& name) const override { return inner_->look(name); }
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> open(const std::string& name) const override {
    return hooked(inner_->open(name));
  }
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> create(const std::string& name) override {
    return hooked(inner_->create(name));
  }
  [[nodiscard]] Status make_directory(const std::string& name) override { return inner_->make_directory(name); }
  [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const std::string& name) const override {
    auto opened = inner_->open_directory(name);
    if (!opened) {
      return opened;
    }
    return std::make_unique<HookedDirectory>(std::move(*opened), hooks_);
  }
  [[nodiscard]] Status rename(const std::string& from, Directory& folder, const std::string& to) override {
    Directory& other = *dynamic_cast<HookedDirectory&>(folder).inner_;
    const auto make = [&] { return inner_->rename(from, other, to); };
    return hooks_.rename ? hooks_.rename({from, to, &folder != this}, make) : make();
  }
  [[nodiscard]] Status remove(const std::string& name) override {
    const auto make = [&] { return inner_->remove(name); };
    return hooks_.remove ? hooks_.remove(name, make) : make();
  }
  [[nodiscard]] Status sync() override {
    const auto make = [&] { return inner_->sync(); };
    return hooks_.sync ? hooks_.sync(make) : make();
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> hooked(Result<std::unique_ptr<DirectoryFile>> file) const {
    if (!file) {
      return file;
    }
    return std::make_unique<HookedFile>(std::move(*file), hooks_);
  }

  const std::unique_ptr<Directory> inner_;
  const DirectoryHooks& hooks_;
};

}  // namespace

Result<std::unique_ptr<Directory>> HookedDirectories::open_directory(const std::string& path) {
  auto opened = inner_.open_directory(path);
  if (!opened) {
    return opened;
  }
  return std::make_unique<HookedDirectory>(std::move(*opened), hooks_);
}

}  // namespace respand::fs
