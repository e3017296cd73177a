#include "tests/support/systemd.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "respand/base/text.h"
#include "tests/support/socket.h"

namespace respand::test {
namespace {

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::abort();
}

// The value of NAME= in a message; empty where it has none.
std::string value_of(const std::string& message, std::string_view name) {
  for (const std::string& line : lines_of(message)) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == '=') {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

Systemd::Systemd(Settings settings) : settings_(std::move(settings)), path_(folder_ / "notify") {
  socket_ = bound_unix_socket(path_, SOCK_DGRAM);
  end_.reset(::eventfd(0, EFD_CLOEXEC));
  if (settings_.reads) {
    thread_ = std::jthread([this] { hear(); });
  }
}

Systemd::~Systemd() {
  const std::uint64_t one = 1;
  if (::write(end_.get(), &one, sizeof one) != sizeof one) {
    give_up("test support: eventfd");
  }
}

void Systemd::add_socket(UniqueFd socket, std::string name) {
  const MutexLock lock(mutex_);
  sockets_.push_back({std::move(socket), std::move(name)});
}

void Systemd::store(UniqueFd descriptor, std::string name) {
  const MutexLock lock(mutex_);
  store_.push_back({std::move(descriptor), std::move(name)});
}

// LISTEN_PID must be the process's own id, which is known only after its start: a shell in between sets it.
std::unique_ptr<Process> Systemd::start(const std::string& program, const std::vector<std::string>& arguments) {
  hear_all();
  const MutexLock lock(mutex_);
  Process::Options options;
  std::string names;
  for (const auto* all : {&sockets_, &store_}) {
    for (const Descriptor& descriptor : *all) {
      names += cat(options.descriptors.empty() ? "" : ":", descriptor.name);
      options.descriptors.push_back(descriptor.fd.get());
    }
  }
  options.environment = settings_.environment;
  options.environment.push_back(cat("NOTIFY_SOCKET=", path_));
  if (options.descriptors.empty()) {
    return std::make_unique<Process>(program, arguments, options);
  }
  options.environment.push_back(cat("LISTEN_FDS=", options.descriptors.size()));
  options.environment.push_back(cat("LISTEN_FDNAMES=", names));
  std::vector<std::string> words = {"-c", "LISTEN_PID=$$ exec \"$@\"", "sh", program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>("/bin/sh", words, options);
}

std::vector<std::string> Systemd::messages() const {
  const MutexLock lock(mutex_);
  return messages_;
}

std::size_t Systemd::wait_for(std::string_view text, std::size_t from) const {
  const Deadline deadline;
  MutexLock lock(mutex_);
  for (std::size_t next = from;;) {
    for (; next < messages_.size(); ++next) {
      if (messages_[next].find(text) != std::string::npos) {
        return next + 1;
      }
    }
    if (changed_.wait_until(lock.native(), deadline.at()) == std::cv_status::timeout) {
      return 0;
    }
  }
}

std::vector<std::string> Systemd::stored() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const Descriptor& descriptor : store_) {
    names.push_back(descriptor.name);
  }
  return names;
}

void Systemd::clear_store() {
  const MutexLock lock(mutex_);
  store_.clear();
}

// Waits until all earlier messages were read, by sending one of its own behind them.
void Systemd::hear_all() {
  if (!settings_.reads) {
    return;
  }
  const std::size_t from = messages().size();
  if (!send_datagram(path_, "FENCE") || wait_for("FENCE", from) == 0) {
    give_up("test support: the stand-in for systemd does not hear");
  }
}

void Systemd::hear() {
  std::array<char, 65536> text;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control;
  for (;;) {
    std::array<pollfd, 2> entries{{{socket_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) > 0 && entries[1].revents != 0) {
      return;
    }
    iovec bytes{text.data(), text.size()};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size < 0) {
      continue;
    }
    std::vector<UniqueFd> descriptors;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
      std::vector<int> numbers((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      std::memcpy(numbers.data(), CMSG_DATA(part), numbers.size() * sizeof(int));
      for (const int number : numbers) {
        descriptors.emplace_back(number);
      }
    }
    const MutexLock lock(mutex_);
    take({text.data(), static_cast<std::size_t>(size)}, std::move(descriptors));
    changed_.notify_all();
  }
}

void Systemd::take(const std::string& message, std::vector<UniqueFd> descriptors) {
  messages_.push_back(message);
  const std::string name = value_of(message, "FDNAME");
  if (value_of(message, "FDSTOREREMOVE") == "1") {
    std::erase_if(store_, [&](const Descriptor& descriptor) { return descriptor.name == name; });
  } else if (value_of(message, "FDSTORE") == "1") {
    for (UniqueFd& descriptor : descriptors) {
      if (store_.size() < settings_.store) {
        store_.push_back({std::move(descriptor), name.empty() ? "stored" : name});
      }
    }
  }
}

}  // namespace respand::test
