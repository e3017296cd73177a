#include "cli/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "respand/base/clock.h"
#include "respand/base/fd.h"

namespace respand::cli {
namespace {

constexpr Duration kKillPatience = std::chrono::seconds{5};
constexpr int kNoSuchCommand = 127;

// In the child process: runs the command, with stdout to `out` and stderr to nowhere. It allocates no memory: another
// thread (libcurl's resolver) may have held the allocator's lock when this process was forked.
[[noreturn]] void become(char* const* words, int out) {
  ::dup2(out, STDOUT_FILENO);
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) {
    ::dup2(nowhere, STDERR_FILENO);
  }
  ::execvp(words[0], words);
  ::_exit(kNoSuchCommand);
}

}  // namespace

std::optional<std::string> output_of(const std::vector<std::string>& command, std::size_t most) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const ::pid_t child = ::fork();
  if (child == 0) {
    become(words.data(), ends[1]);
  }
  in.reset();
  if (child < 0) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> piece;
  const MonoTime until = system_clock().mono() + kKillPatience;
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
  const bool ran = !WIFEXITED(status) || WEXITSTATUS(status) != kNoSuchCommand;
  return whole && ran ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace respand::cli
