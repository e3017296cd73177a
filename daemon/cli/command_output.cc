#include "cli/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "respand/base/clock.h"
#include "respand/base/fd.h"

extern char** environ;

namespace respand::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds{5};

}  // namespace

std::optional<std::string> output_of(const std::vector<std::string>& command, std::size_t most) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  ::pid_t child = 0;
  const int failed = ::posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  in.reset();
  if (failed != 0) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> piece;
  const MonoTime until = system_clock().mono() + kPatience;
  bool whole = false;
  while (!whole) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - system_clock().mono()).count();
    pollfd entry{out.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) <= 0) {
      break;
    }
    const ssize_t got = ::read(out.get(), piece.data(), piece.size());
    whole = got <= 0;
    text.append(piece.data(), static_cast<std::size_t>(got > 0 ? got : 0));
    if (text.size() > 2 * most) {
      text.erase(0, text.size() - most);
    }
  }
  if (!whole) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return whole ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace respand::cli
