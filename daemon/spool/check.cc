#include "spool/check.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "respand/base/result.h"
#include "respand/base/text.h"
#include "spool/directory.h"
#include "spool/name.h"

namespace respand::spool {
namespace {

// Of the folder of rejects: whatever a member of the group has put in its place.
void check_rejected(fs::Directories& directories, const std::string& directory, uid_t user,
                    std::vector<SpoolProblem>& problems) {
  const std::string path = cat(directory, "/", kRejectedFolder);
  const auto info = directories.look(path, fs::Directories::Links::kSee);
  if (!info) {
    return;  // It is made when it is needed.
  }
  std::string why;
  if (info->type != fs::FileInfo::Type::kFolder) {
    why = info->type == fs::FileInfo::Type::kLink ? "is a symbolic link" : "is no folder";
  } else if (info->owner != user && info->owner != 0) {
    why = cat("belongs to user ", user_name(info->owner));
  } else {
    return;
  }
  problems.push_back({cat(path, " ", why, ": refused lines can't be put aside, and their files stay in the spool"),
                      cat("move it away (mv ", path, " ", path, ".old); respand makes its own")});
}

// Whether this process may take files from it.
Status check_own_rights(fs::Directories& directories, const std::string& directory) {
  const auto opened = directories.open_directory(directory);
  return opened ? (*opened)->check_access() : Status(opened.error());
}

}  // namespace

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  return ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr ? found->pw_name
                                                                                                   : cat(user);
}

std::vector<SpoolProblem> find_spool_problems(fs::Directories& directories, const std::string& directory, uid_t user) {
  std::vector<SpoolProblem> problems;
  const auto info = directories.look(directory, fs::Directories::Links::kFollow);
  if (!info) {
    problems.push_back({named(info.error(), cat("the spool directory ", directory)).message,
                        cat("make it (mkdir ", directory, "), or set spool.directory")});
    return problems;
  }
  if (info->type != fs::FileInfo::Type::kFolder) {
    problems.push_back({cat("the spool directory ", directory, " is no folder"), "set spool.directory"});
    return problems;
  }
  // What another user may do can't be asked of the kernel without being that user.
  if (user == ::geteuid()) {
    if (const Status rights = check_own_rights(directories, directory); !rights) {
      problems.push_back({named(rights.error(), cat("files can't be taken from ", directory)).message,
                          rights.error().os_error == EROFS ? "mount it so that it can be written to"
                                                           : cat("chown ", user_name(user), " ", directory)});
      return problems;
    }
  }
  if (info->sticky && info->owner != user && user != 0) {
    problems.push_back({cat("files of others can't be removed from ", directory, ": it is sticky and belongs to user ",
                            user_name(info->owner)),
                        cat("chown ", user_name(user), " ", directory)});
  }
  check_rejected(directories, directory, user, problems);
  return problems;
}

}  // namespace respand::spool
