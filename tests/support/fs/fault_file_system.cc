#include "tests/support/fs/fault_file_system.h"

#include <algorithm>
#include <utility>

#include "respand/base/mutex.h"
#include "tests/support/fs/fault_machine.h"

namespace respand::fs {

struct FaultFileSystem::State {
  explicit State(std::uint64_t seed) : machine(seed) {}
  LockGuarded<Machine> machine;
};

class FaultFileSystem::OpenFile final : public File, public Identified {
 public:
  OpenFile(std::shared_ptr<State> state, const Handle& handle, std::string path, bool writable)
      : state_(std::move(state)), handle_(handle), path_(std::move(path)), writable_(writable) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() override {
    state_->machine.with([&](Machine& machine) { machine.files().close(handle_); });
  }

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    return state_->machine.with([&](Machine& machine) { return machine.files().read(handle_, path_, offset, out); });
  }
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) override {
    if (!writable_) {
      return os_error(EBADF, "write " + path_);
    }
    return state_->machine.with([&](Machine& machine) { return machine.files().write(handle_, path_, offset, parts); });
  }
  [[nodiscard]] Status sync_data() override {
    return state_->machine.with([&](Machine& machine) { return machine.files().sync_data(handle_, path_); });
  }
  [[nodiscard]] Status truncate(std::uint64_t size) override {
    if (!writable_) {
      return os_error(EBADF, "truncate " + path_);
    }
    return state_->machine.with([&](Machine& machine) { return machine.files().truncate(handle_, path_, size); });
  }
  [[nodiscard]] Result<std::uint64_t> size() const override {
    return state_->machine.with([&](Machine& machine) { return machine.files().size(handle_, path_); });
  }
  [[nodiscard]] Result<FileIdentity> identity() const override {
    return state_->machine.with([&](Machine& machine) { return machine.files().identity(handle_, path_); });
  }

 private:
  const std::shared_ptr<State> state_;
  const Handle handle_;
  const std::string path_;
  const bool writable_;
};

class FaultFileSystem::HeldLock final : public Lock, public Identified {
 public:
  HeldLock(std::shared_ptr<State> state, const Handle& handle, std::string path)
      : state_(std::move(state)), handle_(handle), path_(std::move(path)) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() override {
    state_->machine.with([&](Machine& machine) { machine.names().unlock(handle_); });
  }
  [[nodiscard]] Result<FileIdentity> identity() const override {
    return state_->machine.with([&](Machine& machine) { return machine.files().identity(handle_, path_); });
  }

 private:
  const std::shared_ptr<State> state_;
  const Handle handle_;
  const std::string path_;
};

FaultFileSystem::FaultFileSystem(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
FaultFileSystem::FaultFileSystem(const Snapshot& from, std::uint64_t seed) : FaultFileSystem(seed) { restore(from); }
FaultFileSystem::~FaultFileSystem() = default;

Result<std::unique_ptr<File>> FaultFileSystem::open(const std::string& path, OpenMode mode) {
  auto handle = state_->machine.with([&](Machine& machine) { return machine.names().open(path, mode); });
  if (!handle) {
    return std::move(handle).error();
  }
  return std::make_unique<OpenFile>(state_, *handle, normal_path(path), mode != OpenMode::kRead);
}

Status FaultFileSystem::rename(const std::string& from, const std::string& to) {
  return state_->machine.with([&](Machine& machine) { return machine.names().rename(from, to); });
}
Status FaultFileSystem::remove(const std::string& path) {
  return state_->machine.with([&](Machine& machine) { return machine.names().remove(path); });
}
Status FaultFileSystem::sync_directory(const std::string& path) {
  return state_->machine.with([&](Machine& machine) { return machine.names().sync_directory(path); });
}
Result<std::vector<std::string>> FaultFileSystem::list(const std::string& path) {
  return state_->machine.with([&](Machine& machine) { return machine.names().list(path); });
}
Status FaultFileSystem::make_directories(const std::string& path) {
  return state_->machine.with([&](Machine& machine) { return machine.names().make_directories(path); });
}
Result<Bytes> FaultFileSystem::free_space(const std::string& path) {
  return state_->machine.with([&](Machine& machine) { return machine.names().free_space(path); });
}

Result<std::unique_ptr<Lock>> FaultFileSystem::lock(const std::string& path) {
  auto handle = state_->machine.with([&](Machine& machine) { return machine.names().lock(path); });
  if (!handle) {
    return std::move(handle).error();
  }
  return std::make_unique<HeldLock>(state_, *handle, normal_path(path));
}

void FaultFileSystem::crash(Random& random) {
  state_->machine.with([&](Machine& machine) { machine.cut_power(random); });
}
void FaultFileSystem::crash(Choices& choices) {
  state_->machine.with([&](Machine& machine) { machine.cut_power(choices); });
}
void FaultFileSystem::crash_keeping_all() {
  state_->machine.with([](Machine& machine) { machine.restart(); });
}

void FaultFileSystem::fail_at(std::uint64_t nth, const Fault& fault) {
  state_->machine.with([&](Machine& machine) { machine.plan().fail_at(nth, fault); });
}
void FaultFileSystem::power_off_at(std::uint64_t nth) {
  state_->machine.with([&](Machine& machine) { machine.plan().power_off_at(nth); });
}
void FaultFileSystem::make_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  state_->machine.with(
      [&](Machine& machine) { machine.plan().add_bad_place(machine.node_id_at(path), offset, offset + length); });
}
void FaultFileSystem::clear_faults() {
  state_->machine.with([](Machine& machine) { machine.plan().disarm(); });
}
std::uint64_t FaultFileSystem::faults_hit() const {
  return state_->machine.with([](const Machine& machine) { return machine.plan().faults_hit(); });
}
std::uint64_t FaultFileSystem::operations(Calls kinds) const {
  return state_->machine.with([&](const Machine& machine) { return machine.plan().operations(kinds); });
}

std::set<std::string> FaultFileSystem::synced_after_failure() const {
  return state_->machine.with([](const Machine& machine) { return machine.files().synced_after_failure(); });
}

void FaultFileSystem::set_capacity(Bytes capacity) {
  state_->machine.with([&](Machine& machine) { machine.set_capacity(capacity.value); });
}
Bytes FaultFileSystem::used() const {
  return Bytes{state_->machine.with([](const Machine& machine) { return machine.used(); })};
}

FaultFileSystem::Snapshot FaultFileSystem::snapshot() const {
  Snapshot made;
  made.disk_ =
      state_->machine.with([](const Machine& machine) { return std::make_shared<const Disk>(machine.disk()); });
  return made;
}
void FaultFileSystem::restore(const Snapshot& snapshot) {
  state_->machine.with([&](Machine& machine) { machine.restart(*snapshot.disk_); });
}

std::vector<std::string> FaultFileSystem::files() const {
  std::vector<std::string> paths;
  state_->machine.with([&](const Machine& machine) {
    for (const auto& [path, node] : machine.disk().names) {
      paths.push_back(path);
    }
  });
  return paths;
}
bool FaultFileSystem::exists(const std::string& path) const {
  return state_->machine.with([&](const Machine& machine) { return machine.disk().names.contains(normal_path(path)); });
}
std::string FaultFileSystem::content(const std::string& path) const {
  return state_->machine.with([&](Machine& machine) { return machine.node_at(path).cached.text(); });
}
std::uint64_t FaultFileSystem::fingerprint() const {
  return state_->machine.with([](const Machine& machine) {
    std::uint64_t sum = 0;
    for (const auto& [path, node] : machine.disk().names) {
      sum = sum * 31 + std::hash<std::string>{}(path) + machine.disk().nodes.at(node).cached.fingerprint();
    }
    return sum;
  });
}
void FaultFileSystem::set_content(const std::string& path, std::string_view content) {
  state_->machine.with([&](Machine& machine) { machine.set_content(path, content); });
}

void FaultFileSystem::flip(const std::string& path, std::uint64_t offset, std::uint8_t bits) {
  state_->machine.with([&](Machine& machine) {
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
  state_->machine.with([&](Machine& machine) {
    Node& node = machine.node_at(path);
    for (Content* content : {&node.cached, &node.durable}) {
      const std::uint64_t from = std::min(offset, content->size());
      content->write(from, std::string(std::min(length, content->size() - from), '\0'));
    }
  });
}
void FaultFileSystem::cut(const std::string& path, std::uint64_t size) {
  state_->machine.with([&](Machine& machine) {
    Node& node = machine.node_at(path);
    for (Content* content : {&node.cached, &node.durable}) {
      content->resize(std::min(content->size(), size));
    }
  });
}

}  // namespace respand::fs
