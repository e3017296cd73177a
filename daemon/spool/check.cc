#include "spool/check.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "respand/base/result.h"
#include "respand/base/text.h"
#include "spool/name.h"

namespace respand::spool {
namespace {

// Of the folder of rejects: whatever a member of the group has put in its place.
void check_rejected(const std::string& directory, uid_t user, std::vector<SpoolProblem>& problems) {
  const std::string path = cat(directory, "/", kRejectedFolder);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return;  // It is made when it is needed.
  }
  std::string why;
  if (!S_ISDIR(info.st_mode)) {
    why = S_ISLNK(info.st_mode) ? "is a symbolic link" : "is no folder";
  } else if (info.st_uid != user && info.st_uid != 0) {
    why = cat("belongs to user ", user_name(info.st_uid));
  } else {
    return;
  }
  problems.push_back({cat(path, " ", why, ": refused lines can't be put aside, and their files stay in the spool"),
                      cat("move it away (mv ", path, " ", path, ".old); respand makes its own")});
}

}  // namespace

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  return ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr ? found->pw_name
                                                                                                   : cat(user);
}

std::vector<SpoolProblem> find_spool_problems(const std::string& directory, uid_t user) {
  std::vector<SpoolProblem> problems;
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) {
    problems.push_back({os_error(errno, cat("the spool directory ", directory)).message,
                        cat("make it (mkdir ", directory, "), or set spool.directory")});
    return problems;
  }
  if (!S_ISDIR(info.st_mode)) {
    problems.push_back({cat("the spool directory ", directory, " is no folder"), "set spool.directory"});
    return problems;
  }
  // Of another user's rights only he himself can be asked.
  const bool own_rights = user == ::geteuid();
  if (own_rights && ::faccessat(AT_FDCWD, directory.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    problems.push_back(
        {os_error(errno, cat("files can't be taken from ", directory)).message,
         errno == EROFS ? "mount it so that it can be written to" : cat("chown ", user_name(user), " ", directory)});
    return problems;
  }
  if ((info.st_mode & S_ISVTX) != 0 && info.st_uid != user && user != 0) {
    problems.push_back({cat("files of others can't be removed from ", directory, ": it is sticky and belongs to user ",
                            user_name(info.st_uid)),
                        cat("chown ", user_name(user), " ", directory)});
  }
  check_rejected(directory, user, problems);
  return problems;
}

}  // namespace respand::spool
