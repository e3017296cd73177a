// `respand dev`: runs a stand-in for the API and a daemon in one folder, as any user, until Ctrl-C.

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "app/daemon.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/base/log_line.h"
#include "respand/base/text.h"
#include "sink/sink.h"
#include "sink/tally.h"

namespace respand::cli {
namespace {

// Signals within this time count as one: some terminals and supervisors send two at once.
constexpr Duration kOnePress = std::chrono::seconds{1};

struct DevArguments {
  std::string folder = "respand-dev";
  std::string http = "127.0.0.1:8126";
  std::string metrics = "127.0.0.1:9464";
};

Status make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return os_error(errno, cat("make folder ", folder));
  }
  const std::string file = folder + "/respand.yaml";
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  constexpr std::string_view kStart =
      "# Of `respand dev` alone: what you write here counts after respand reload. Sockets, journal and the API are "
      "set\n"
      "# by variables, which count before it.\n";
  if (!fd && errno != EEXIST) {
    return os_error(errno, cat("write ", file));
  }
  if (fd && ::write(fd.get(), kStart.data(), kStart.size()) < 0) {
    return os_error(errno, cat("write ", file));
  }
  return {};
}

// The daemon: `respand run` in a process of its own, which ends when this one does.
class Child {
 public:
  // `log`: the end of a pipe from which its stderr can be read.
  [[nodiscard]] static Result<Child> start(const DevArguments& given, const std::string& folder, std::uint16_t sink) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return os_error(errno, "make a pipe");
    }
    Child child;
    child.log_.reset(ends[0]);
    const UniqueFd in(ends[1]);
    const ::pid_t parent = ::getpid();
    child.pid_ = ::fork();
    if (child.pid_ == 0) {
      become(given, folder, sink, in.get(), parent);
    }
    if (child.pid_ < 0) {
      return os_error(errno, "start the daemon");
    }
    child.end_.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
    return child;
  }
  void tell(int signal) const { ::kill(pid_, signal); }
  [[nodiscard]] int log() const { return log_.get(); }
  [[nodiscard]] int end() const { return end_.get(); }
  // The exit status. Requires: end() is readable.
  [[nodiscard]] int status() const {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
  }

 private:
  [[noreturn]] static void become(const DevArguments& given, const std::string& folder, std::uint16_t sink, int log,
                                  ::pid_t parent) {
    ::setpgid(0, 0);  // so that Ctrl-C reaches this program only, which passes it on
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(log, STDERR_FILENO);
    const std::pair<const char*, std::string> variables[] = {
        {"RESPAN_API_KEY", "dev"},
        {"RESPAND_API_BASE_URL", cat("http://127.0.0.1:", sink, "/api")},
        {"RESPAND_HTTP_LISTEN", given.http},
        {"RESPAND_METRICS_LISTEN", given.metrics},
        {"RESPAND_LOG_FORMAT", "text"}};
    for (const auto& [name, value] : variables) {
      ::setenv(name, value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): a fork of a process of one thread
    }
    for (const char* name :
         {"RESPAND_API_API_KEY", "RESPAND_API_API_KEY_FILE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "LISTEN_FDS"}) {
      ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe): as above
    }
    const std::string file = folder + "/respand.yaml";
    if (::getppid() == parent) {
      ::execl("/proc/self/exe", "respand", "run", "--config", file.c_str(), "--state", folder.c_str(), nullptr);
    }
    ::_exit(127);
  }

  ::pid_t pid_ = -1;
  UniqueFd log_;
  UniqueFd end_;
};

std::string snippets(const DevArguments& given, const std::string& folder) {
  const std::string socket = folder + "/respand.sock";
  const std::string control = folder + "/control.sock";
  return cat(
      "\nready; records go to the stand-in, and each is shown below. Ctrl-C ends all of it.\n\n"
      "  echo '{\"model\":\"gpt-4o\",\"cost\":0.001}' | respand send -s ",
      socket, " --control ", control,
      " --wait delivered\n"
      "  curl -d '{\"model\":\"gpt-4o\",\"cost\":0.001}' http://",
      given.http,
      "/api/request-logs/create/\n"
      "  RESPAN_BASE_URL=http://",
      given.http,
      "/api your-application       # a client of Respan's, as it is\n"
      "  respand status --control ",
      control,
      "        # top, tap, reload likewise\n"
      "  http://",
      given.metrics,
      "/                                    # the status page\n\n"
      "configuration ",
      folder, "/respand.yaml, log ", folder, "/respand.log\n");
}

// Passes the log on to its file, and shows what is wrong: warnings, errors, and lines that are none of the log, with
// which a daemon says why it can't start.
class Log {
 public:
  explicit Log(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

  // False: the log has ended.
  bool take(int from) {
    std::array<char, 8192> piece;
    const ssize_t got = ::read(from, piece.data(), piece.size());
    if (got <= 0) {
      return got < 0 && errno == EINTR;
    }
    if (file_ && ::write(file_.get(), piece.data(), static_cast<std::size_t>(got)) < 0) {
      file_.reset();
    }
    rest_.append(piece.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1)) {
      const std::string line = rest_.substr(0, end);
      const auto logged = log::parse_line(line);
      ready_ = ready_ || (logged && logged->event == app::kReadyEvent);
      if (!logged || logged->level >= log::Level::kWarning) {
        std::cerr << line << std::endl;
      }
    }
    return true;
  }
  [[nodiscard]] bool ready() const { return ready_; }

 private:
  UniqueFd file_;
  std::string rest_;
  bool ready_ = false;
};

// Waits until the daemon has ended, by itself or by a signal to this program. Returns its exit status.
int look_after(const DevArguments& given, const std::string& folder, const Child& child, int signals) {
  Log log(folder + "/respand.log");
  bool told = false;
  bool more = true;
  std::optional<MonoTime> told_to_end;
  for (;;) {
    std::array<pollfd, 3> entries{
        {{signals, POLLIN, 0}, {more ? child.log() : -1, POLLIN, 0}, {child.end(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      continue;
    }
    if (entries[0].revents != 0) {
      ::signalfd_siginfo info{};
      if (::read(signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        // A second signal, unless it comes at the same time as the first, does not wait any longer.
        if (const MonoTime now = system_clock().mono(); !told_to_end || now - *told_to_end > kOnePress) {
          child.tell(SIGTERM);
          told_to_end = now;
        }
      }
    }
    if (entries[1].revents != 0) {
      more = log.take(child.log());
    } else if (entries[2].revents != 0) {
      return child.status();
    }
    if (log.ready() && !told) {
      told = true;
      std::cout << snippets(given, folder) << std::endl;
    }
  }
}

int run_dev(const DevArguments& given) {
  std::error_code failed;
  const std::string folder = std::filesystem::absolute(given.folder, failed).lexically_normal().string();
  if (const Status made = make_folder(folder); !made) {
    std::cerr << "respand dev: " << made.error().message << '\n';
    return kFailed;
  }
  ::sigset_t ours;
  ::sigemptyset(&ours);
  ::sigaddset(&ours, SIGINT);
  ::sigaddset(&ours, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &ours, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const UniqueFd signals(::signalfd(-1, &ours, SFD_CLOEXEC));
  sink::Options options;
  options.listen = "127.0.0.1:0";
  options.print_fd = STDOUT_FILENO;
  auto opened = sink::Sink::open(options);
  if (!signals || !opened) {
    std::cerr << "respand dev: " << (opened ? "no signalfd" : opened.error().message) << '\n';
    return kFailed;
  }
  const auto child = Child::start(given, folder, (*opened)->port());  // before there are threads
  if (!child) {
    std::cerr << "respand dev: " << child.error().message << '\n';
    return kFailed;
  }
  std::jthread server([&sink = **opened] { sink.run(); });
  const int status = look_after(given, folder, *child, signals.get());
  (*opened)->stop();
  server.join();
  std::cout << "ended; the stand-in took: " << sink::summary((*opened)->stats());
  std::cout << "what is left is in " << folder << "; rm -r it to begin anew" << std::endl;
  return status;
}

}  // namespace

void add_dev_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("dev", "A stand-in for the API and a daemon in one folder, for developers; Ctrl-C ends both");
  auto given = std::make_shared<DevArguments>();
  command->add_option("folder", given->folder, "Where all of it is kept")->capture_default_str()->type_name("DIR");
  command->add_option("--http", given->http, "Where HTTP is taken")->capture_default_str()->type_name("HOST:PORT");
  command->add_option("--metrics", given->metrics, "Where the status page and the metrics are")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command->footer(
      "It needs no account, no configuration and no root. When it is ready it prints what to try; each request that "
      "the\n"
      "stand-in gets is shown as a line.\n"
      "Exit status: 0 ended by Ctrl-C or SIGTERM; else that of the daemon.");
  command->callback([given, &exit_status] { exit_status = run_dev(*given); });
}

}  // namespace respand::cli
