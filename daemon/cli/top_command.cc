// `respand top`: shows the running daemon live, in place on a terminal, otherwise a line at a time.

#include <poll.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <ctime>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "cli/top_screen.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr Duration kLeastInterval = std::chrono::milliseconds{100};
constexpr Duration kMostInterval = std::chrono::hours{1};

struct TopArguments {
  std::string config;
  std::string control;
  std::string interval = "1s";
  std::uint64_t count = 0;  // 0: for ever
};

std::string clock_now() {
  const std::time_t now =
      std::chrono::duration_cast<std::chrono::seconds>(system_clock().wall().time_since_epoch()).count();
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 16> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &parts)};
}

class Top {
 public:
  explicit Top(std::string path) : path_(std::move(path)) {}

  // Asks the daemon. An error: it can't be reached; what was known before stays.
  Status look() {
    auto status = ask_daemon(path_, "GET", "/status");
    auto metrics = status ? ask_daemon(path_, "GET", "/metrics") : status;
    if (!metrics) {
      headline_ = printable(cat("asking again: ", metrics.error().message), 300);
      return std::move(metrics).error();
    }
    headline_ = printable(status->body.substr(0, status->body.find('\n')), 300);
    history_.add(sample_in(metrics->body, system_clock().mono()));
    return {};
  }
  [[nodiscard]] TopView view() const {
    TopView view{.headline = headline_, .clock = clock_now(), .history = history_};
    view.utf8 = shows_utf8();
    return view;
  }

 private:
  const std::string path_;
  std::string headline_;
  History history_;
};

// When the window changes its size the same values are drawn again, without asking the daemon.
int show_on_screen(Top& top, Duration interval, std::uint64_t count) {
  int signal = 0;
  {
    Terminal terminal;
    for (std::uint64_t shown = 1;; ++shown) {
      const MonoTime next = system_clock().mono() + interval;
      Terminal::Event event = Terminal::Event::kResized;
      while (event == Terminal::Event::kResized) {
        TopView view = top.view();
        const Terminal::Size size = Terminal::size();
        view.width = size.width;
        view.height = size.height;
        event = terminal.draw(top_screen(view)) ? terminal.wait(next) : Terminal::Event::kEnd;
      }
      if (event == Terminal::Event::kEnd || shown == count) {
        signal = terminal.signal();
        break;
      }
      static_cast<void>(top.look());
    }
  }
  if (signal != 0 && signal != SIGINT) {
    ::raise(signal);  // The sender expects the program to end by the signal.
  }
  return kDone;
}

int show_in_lines(Top& top, Duration interval, std::uint64_t count) {
  for (std::uint64_t shown = 1;; ++shown) {
    std::cout << top_line(top.view()) << std::endl;
    if (!std::cout || shown == count) {
      return std::cout ? kDone : kFailed;
    }
    ::poll(nullptr, 0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(interval).count()));
    static_cast<void>(top.look());
  }
}

int run_top(const TopArguments& given) {
  const auto interval = parse_duration(given.interval);
  if (!interval || *interval < kLeastInterval || *interval > kMostInterval) {
    std::cerr << "respand top: --interval: expected a duration from " << to_text(kLeastInterval) << " to "
              << to_text(kMostInterval) << ", not '" << printable(given.interval, 40) << "'\n";
    return kBadCommandLine;
  }
  const auto path = control_path(given.control, given.config);
  if (!path) {
    return kBadConfiguration;
  }
  Top top(*path);
  if (const Status reached = top.look(); !reached) {
    return unreachable("top", reached.error());
  }
  return can_redraw() ? show_on_screen(top, *interval, given.count) : show_in_lines(top, *interval, given.count);
}

}  // namespace

void add_top_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("top", "The running daemon, live: rates, backlog, lag, limit, cost");
  auto given = std::make_shared<TopArguments>();
  add_config_option(*command, given->config);
  add_control_option(*command, given->control);
  command->add_option("-i,--interval", given->interval, "Between two looks")->capture_default_str()->type_name("TIME");
  add_count_option(*command, "-n,--count", given->count, "End after so many looks");
  command->footer(
      "On a terminal it redraws in place; q quits. Elsewhere, and where TERM is dumb, it writes a line a look.");
  command->callback([given, &exit_status] { exit_status = run_top(*given); });
}

}  // namespace respand::cli
