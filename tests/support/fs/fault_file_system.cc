#include "tests/support/fs/fault_file_system.h"

#include <algorithm>
#include <utility>

#include "tests/support/fs/fault_directory.h"

namespace respand::fs {

class FaultFileSystem::HeldLock final : public Lock, public Identified {
 public:
  HeldLock(std::shared_ptr<GuardedMachine> guarded, const Handle& handle, std::string path)
      : guarded_(std::move(guarded)), handle_(handle), path_(std::move(path)) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() override {
    guarded_->machine.with([&](Machine& machine) { machine.names().unlock(handle_); });
  }
  [[nodiscard]] Result<FileIdentity> identity() const override {
    return guarded_->machine.with([&](Machine& machine) { return machine.files().identity(handle_, path_); });
  }

 private:
  const std::shared_ptr<GuardedMachine> guarded_;
  const Handle handle_;
  const std::string path_;
};

FaultFileSystem::FaultFileSystem(std::uint64_t seed) : guarded_(std::make_shared<GuardedMachine>(seed)) {}
FaultFileSystem::FaultFileSystem(const Snapshot& from, std::uint64_t seed) : FaultFileSystem(seed) { restore(from); }
FaultFileSystem::~FaultFileSystem() = default;

Result<std::unique_ptr<File>> FaultFileSystem::open(const std::string& path, OpenMode mode) {
  auto handle = guarded_->machine.with([&](Machine& machine) { return machine.names().open(path, mode); });
  if (!handle) {
    return std::move(handle).error();
  }
  return std::make_unique<FaultFile>(guarded_, *handle, normal_path(path), mode != OpenMode::kRead);
}

Status FaultFileSystem::rename(const std::string& from, const std::string& to) {
  return guarded_->machine.with([&](Machine& machine) { return machine.names().rename(from, to); });
}
Status FaultFileSystem::remove(const std::string& path) {
  return guarded_->machine.with([&](Machine& machine) { return machine.names().remove(path); });
}
Status FaultFileSystem::sync_directory(const std::string& path) {
  return guarded_->machine.with([&](Machine& machine) { return machine.names().sync_directory(path); });
}
Result<std::vector<std::string>> FaultFileSystem::list(const std::string& path) {
  return guarded_->machine.with([&](Machine& machine) { return machine.names().list(path); });
}
Status FaultFileSystem::make_directories(const std::string& path) {
  return guarded_->machine.with([&](Machine& machine) { return machine.names().make_directories(path); });
}
Result<Bytes> FaultFileSystem::free_space(const std::string& path) {
  return guarded_->machine.with([&](Machine& machine) { return machine.names().free_space(path); });
}

Result<std::unique_ptr<Directory>> FaultFileSystem::open_directory(const std::string& path) {
  auto folder = guarded_->machine.with([&](Machine& machine) { return machine.folders().open(path); });
  if (!folder) {
    return std::move(folder).error();
  }
  return std::make_unique<FaultDirectory>(guarded_, std::move(*folder));
}
Result<FileInfo> FaultFileSystem::look(const std::string& path, Links) {
  return guarded_->machine.with([&](Machine& machine) { return machine.folders().look(path); });
}

Result<std::unique_ptr<Lock>> FaultFileSystem::lock(const std::string& path) {
  auto handle = guarded_->machine.with([&](Machine& machine) { return machine.names().lock(path); });
  if (!handle) {
    return std::move(handle).error();
  }
  return std::make_unique<HeldLock>(guarded_, *handle, normal_path(path));
}

void FaultFileSystem::crash(Random& random) {
  guarded_->machine.with([&](Machine& machine) { machine.cut_power(random); });
}
void FaultFileSystem::crash(Choices& choices) {
  guarded_->machine.with([&](Machine& machine) { machine.cut_power(choices); });
}
void FaultFileSystem::crash_keeping_all() {
  guarded_->machine.with([](Machine& machine) { machine.restart(); });
}

void FaultFileSystem::fail_at(std::uint64_t nth, const Fault& fault) {
  guarded_->machine.with([&](Machine& machine) { machine.plan().fail_at(nth, fault); });
}
void FaultFileSystem::power_off_at(std::uint64_t nth) {
  guarded_->machine.with([&](Machine& machine) { machine.plan().power_off_at(nth); });
}
void FaultFileSystem::make_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  guarded_->machine.with(
      [&](Machine& machine) { machine.plan().add_bad_place(machine.node_id_at(path), offset, offset + length); });
}
void FaultFileSystem::clear_faults() {
  guarded_->machine.with([](Machine& machine) { machine.plan().disarm(); });
}
std::uint64_t FaultFileSystem::faults_hit() const {
  return guarded_->machine.with([](const Machine& machine) { return machine.plan().faults_hit(); });
}
std::uint64_t FaultFileSystem::operations(Calls kinds) const {
  return guarded_->machine.with([&](const Machine& machine) { return machine.plan().operations(kinds); });
}

std::set<std::string> FaultFileSystem::synced_after_failure() const {
  return guarded_->machine.with([](const Machine& machine) { return machine.files().synced_after_failure(); });
}

void FaultFileSystem::set_capacity(Bytes capacity) {
  guarded_->machine.with([&](Machine& machine) { machine.set_capacity(capacity.value); });
}
Bytes FaultFileSystem::used() const {
  return Bytes{guarded_->machine.with([](const Machine& machine) { return machine.used(); })};
}

FaultFileSystem::Snapshot FaultFileSystem::snapshot() const {
  Snapshot made;
  made.disk_ =
      guarded_->machine.with([](const Machine& machine) { return std::make_shared<const Disk>(machine.disk()); });
  return made;
}
void FaultFileSystem::restore(const Snapshot& snapshot) {
  guarded_->machine.with([&](Machine& machine) { machine.restart(*snapshot.disk_); });
}

std::vector<std::string> FaultFileSystem::files() const {
  std::vector<std::string> paths;
  guarded_->machine.with([&](const Machine& machine) {
    for (const auto& [path, node] : machine.disk().names) {
      paths.push_back(path);
    }
  });
  return paths;
}
bool FaultFileSystem::exists(const std::string& path) const {
  return guarded_->machine.with(
      [&](const Machine& machine) { return machine.disk().names.contains(normal_path(path)); });
}
std::string FaultFileSystem::content(const std::string& path) const {
  return guarded_->machine.with([&](Machine& machine) { return machine.node_at(path).cached.text(); });
}
std::uint64_t FaultFileSystem::fingerprint() const {
  return guarded_->machine.with([](const Machine& machine) {
    std::uint64_t sum = 0;
    for (const auto& [path, node] : machine.disk().names) {
      sum = sum * 31 + std::hash<std::string>{}(path) + machine.disk().nodes.at(node).cached.fingerprint();
    }
    return sum;
  });
}
void FaultFileSystem::set_content(const std::string& path, std::string_view content) {
  guarded_->machine.with([&](Machine& machine) { machine.set_content(path, content); });
}

void FaultFileSystem::flip(const std::string& path, std::uint64_t offset, std::uint8_t bits) {
  guarded_->machine.with([&](Machine& machine) {
    Node& node = machine.node_at(path);
    for (Content* content : {&node.cached, &node.durable}) {
      if (offset < content->size()) {
        const char was = content->text(offset, 1)[0];
        content->write(offset, std::string(1, static_cast<char>(static_cast<unsigned char>(was) ^ bits)));
      }
    }
  });
}
void FaultFileSystem::zero(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  guarded_->machine.with([&](Machine& machine) {
    Node& node = machine.node_at(path);
    for (Content* content : {&node.cached, &node.durable}) {
      const std::uint64_t from = std::min(offset, content->size());
      content->write(from, std::string(std::min(length, content->size() - from), '\0'));
    }
  });
}
void FaultFileSystem::cut(const std::string& path, std::uint64_t size) {
  guarded_->machine.with([&](Machine& machine) {
    Node& node = machine.node_at(path);
    for (Content* content : {&node.cached, &node.durable}) {
      content->resize(std::min(content->size(), size));
    }
  });
}

}  // namespace respand::fs
