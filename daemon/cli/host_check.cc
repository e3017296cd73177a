#include "cli/host_check.h"

#include <grp.h>
#include <pwd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Folders that systemd makes for the user of the service, with what lies in them.
constexpr std::array<std::string_view, 2> kMadeBySystemd = {"/var/lib/respand", "/run/respand"};
// With fewer free inodes on the file system, a journal of many small segments, or a spool, soon uses them up.
constexpr std::uint64_t kFewInodes = 10'000;

bool made_by_systemd(const std::string& path) {
  return std::any_of(kMadeBySystemd.begin(), kMadeBySystemd.end(),
                     [&](std::string_view root) { return path == root || path.starts_with(cat(root, '/')); });
}

std::string octal(::mode_t mode) {
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

std::string owner_of(const struct ::stat& info) {
  const ::passwd* const user = ::getpwuid(info.st_uid);  // NOLINT(concurrency-mt-unsafe): main thread
  return user != nullptr ? user->pw_name : cat("uid ", info.st_uid);
}

// The nearest folder above `path` that exists.
std::string nearest_above(const std::string& path) {
  std::filesystem::path at = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  while (at != at.parent_path() && !std::filesystem::exists(at, ignored)) {
    at = at.parent_path();
  }
  return at.string();
}

// How many bytes the files in a folder take; 0 for a folder that can't be read.
std::uint64_t size_of_files(const std::string& path) {
  std::uint64_t size = 0;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    const std::uint64_t bytes = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    size += gone ? 0 : bytes;
  }
  return size;
}

}  // namespace

Identity Identity::of_the_daemon() {
  const ::passwd* user = ::getpwnam("respand");  // NOLINT(concurrency-mt-unsafe): main thread
  user = user != nullptr ? user : ::getpwuid(::geteuid());
  Identity who{.name = user != nullptr ? user->pw_name : cat("uid ", ::geteuid()),
               .uid = user != nullptr ? user->pw_uid : ::geteuid(),
               .groups = {user != nullptr ? user->pw_gid : ::getegid()}};
  std::array<::gid_t, 256> groups{};
  int count = static_cast<int>(groups.size());
  if (user != nullptr && ::getgrouplist(user->pw_name, user->pw_gid, groups.data(), &count) > 0) {
    who.groups.assign(groups.begin(), groups.begin() + count);
  }
  return who;
}

bool Identity::may(const struct ::stat& info, int what) const {
  if (uid == 0) {
    return true;
  }
  const bool of_group = std::find(groups.begin(), groups.end(), info.st_gid) != groups.end();
  const unsigned shift = info.st_uid == uid ? 6U : of_group ? 3U : 0U;
  const auto wanted = static_cast<unsigned>(what);  // R_OK, W_OK and X_OK are the bits of a mode
  return ((info.st_mode >> shift) & wanted) == wanted;
}

std::vector<std::string> HostCheck::run() {
  groups();
  folders();
  spool();
  room("journal.max_size", config_.journal.directory, config_.journal.max_size);
  room("dead_letters.max_size", config_.dead_letters.directory, config_.dead_letters.max_size);
  return std::move(found_);
}

void HostCheck::say(std::string_view key, std::string text) { found_.push_back(cat(key, ": ", text)); }

void HostCheck::groups() {
  const std::string& group = config_.socket.group;
  if (group.empty()) {
    return;
  }
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(group.data(), group.data() + group.size(), number);
  const bool is_number = failure == std::errc{} && end == group.data() + group.size();
  const ::group* const entry = is_number ? ::getgrgid(number) : ::getgrnam(group.c_str());  // NOLINT
  if (entry == nullptr && !is_number) {
    say("socket.group", cat("there is no group ", group, ": sudo groupadd --system ", group));
  } else if (entry != nullptr && who_.uid != 0 &&
             std::find(who_.groups.begin(), who_.groups.end(), entry->gr_gid) == who_.groups.end()) {
    say("socket.group", cat(who_.name, " is not in the group ", group,
                            ", and so can't give it the socket: sudo usermod -aG ", group, " ", who_.name));
  }
}

void HostCheck::folders() {
  folder("journal.directory", config_.journal.directory);
  folder("dead_letters.directory", config_.dead_letters.directory);
  folder("costs.directory", config_.costs.directory);
  socket_folder("socket.path", config_.socket.path);
  socket_folder("control.path", config_.control.path);
  if (!config_.datagram.path.empty()) {
    socket_folder("datagram.path", config_.datagram.path);
  }
}

// Checks a folder that only the daemon uses.
void HostCheck::folder(std::string_view key, const std::string& path) {
  struct ::stat info {};
  const std::string make = cat("sudo install -d -o ", who_.name, " -m 0700 ", path);
  if (::stat(path.c_str(), &info) != 0) {
    const std::string above = nearest_above(path);
    struct ::stat parent {};
    const bool can_be_made = ::stat(above.c_str(), &parent) == 0 && who_.may(parent, W_OK | X_OK);
    if (!can_be_made && !made_by_systemd(path)) {
      say(key, cat(path, " is not there, and ", who_.name, " may not make it in ", above, " (", owner_of(parent), ", ",
                   octal(parent.st_mode), "): ", make));
    }
    return;
  }
  if (!S_ISDIR(info.st_mode)) {
    say(key, cat(path, " is not a folder"));
  } else if (!who_.may(info, R_OK | W_OK | X_OK)) {
    say(key, cat(who_.name, " may not write to ", path, " (", owner_of(info), ", ", octal(info.st_mode),
                 "): sudo chown -R ", who_.name, " ", path));
  } else if ((info.st_mode & 0022U) != 0) {
    say(key,
        cat("others than ", who_.name, " may write to ", path, " (", octal(info.st_mode), "): sudo chmod 0700 ", path));
  }
}

void HostCheck::socket_folder(std::string_view key, const std::string& path) {
  const std::string above = std::filesystem::path(path).parent_path().string();
  struct ::stat info {};
  if (::stat(above.c_str(), &info) != 0) {
    if (!made_by_systemd(above)) {
      say(key, cat("the folder ", above, " is not there: sudo install -d -o ", who_.name, " -m 0755 ", above));
    }
  } else if (!who_.may(info, W_OK | X_OK)) {
    say(key, cat(who_.name, " may not make a socket in ", above, " (", owner_of(info), ", ", octal(info.st_mode),
                 "): sudo chown ", who_.name, " ", above));
  }
}

// Checks the spool directory: members of its group put files into it, and respand must be able to remove all of them,
// whoever owns them.
void HostCheck::spool() {
  const std::string& path = config_.spool.directory;
  struct ::stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (config_.spool.directory_given) {
      say("spool.directory",
          cat(path, " is not there: sudo install -d -o ", who_.name, " -g ", who_.name, " -m 3770 ", path));
    }
    return;
  }
  const bool shared = (info.st_mode & 0022U) != 0;
  const bool sticky = (info.st_mode & S_ISVTX) != 0;
  if (!S_ISDIR(info.st_mode)) {
    say("spool.directory", cat(path, " is not a folder"));
  } else if (!who_.may(info, R_OK | W_OK | X_OK)) {
    say("spool.directory", cat(who_.name, " may not take files out of ", path, " (", owner_of(info), ", ",
                               octal(info.st_mode), "): sudo chown ", who_.name, " ", path));
  } else if (sticky && who_.uid != 0 && info.st_uid != who_.uid) {
    say("spool.directory", cat(path, " is sticky (", octal(info.st_mode), ") and belongs to ", owner_of(info), ": ",
                               who_.name, " can't remove what others put there: sudo chown ", who_.name, " ", path));
  } else if (shared && !sticky) {
    say("spool.directory",
        cat("its users can remove each other's files (", octal(info.st_mode), "): sudo chmod 3770 ", path));
  } else if (shared && (info.st_mode & S_ISGID) == 0) {
    say("spool.directory", cat("a file that a user with umask 027 puts there can't be read by ", who_.name, " (",
                               octal(info.st_mode), "): sudo chmod 3770 ", path));
  }
}

void HostCheck::room(std::string_view key, const std::string& path, Bytes most) {
  struct ::stat info {};
  const std::string at = ::stat(path.c_str(), &info) == 0 ? path : nearest_above(path);
  struct ::statvfs disk {};
  if (::statvfs(at.c_str(), &disk) != 0) {
    return;
  }
  if ((disk.f_flag & ST_RDONLY) != 0) {
    say(key, cat("the disk under ", at, " is mounted read-only: sudo mount -o remount,rw ", at));
  }
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize + size_of_files(path);
  if (room < most.value) {
    constexpr std::uint64_t kMiB = 1U << 20;
    say(key, cat(to_text(most), " is more than the disk under ", at, " has room for (", room / kMiB,
                 "MiB): it would be full before. Make it smaller, or move the folder"));
  }
  if (disk.f_files > 0 && disk.f_favail < kFewInodes) {
    say(key, cat("the disk under ", at, " has ", disk.f_favail, " inodes left: each file takes one, however small"));
  }
}

}  // namespace respand::cli
