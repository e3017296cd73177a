// Checks what the daemon says of itself.

#include <sys/stat.h>

#include <charconv>
#include <cmath>

#include "app/health_issue.h"
#include "cli/control_client.h"
#include "cli/doctor.h"
#include "config/node.h"
#include "respand/base/text.h"
#include "respand/base/version.h"

namespace respand::cli {
namespace {

using Kind = Finding::Kind;

std::string text_member(const config::Node& map, std::string_view name) {
  const config::Node* const found = config::member(map, name);
  return found != nullptr ? found->text : std::string();
}

// Whether the issue is over, so that nothing is left to repair. A kind that this program does not know is of a newer
// daemon, and is not over.
bool is_over(const config::Node& issue) {
  const auto kind = app::issue_kind_of(text_member(issue, "kind"));
  return kind && app::is_over(*kind);
}

void tell_issues(const config::Node& status, Findings& found) {
  const config::Node* const issues = config::member(status, "troubles");
  for (std::size_t i = 0; issues != nullptr && i < issues->items.size(); ++i) {
    const config::Node& issue = issues->items[i];
    const std::string why = text_member(issue, "why");
    const std::string what = text_member(issue, "what");
    found.push_back({is_over(issue) ? Kind::kNote : Kind::kWrong, "daemon",
                     why.empty() || what.find(why) != std::string::npos ? what : cat(what, " (", why, ")"),
                     text_member(issue, "remedy")});
  }
  if (issues == nullptr || issues->items.empty()) {
    found.push_back(
        {Kind::kGood, "daemon", cat("runs (process ", text_member(status, "pid"), "), and all is well"), {}});
  }
}

// Finds files of the configuration that were changed after the daemon has read them.
void find_unread(const config::Config& config, std::string_view metrics, Findings& found) {
  constexpr std::string_view kName = "\nrespand_config_last_reload_success_timestamp_seconds ";
  const std::size_t at = metrics.find(kName);
  if (at == std::string_view::npos) {
    return;
  }
  const double read = std::strtod(std::string(metrics.substr(at + kName.size(), 40)).c_str(), nullptr);
  for (const std::string& file : config.files) {
    struct ::stat info {};
    if (::stat(file.c_str(), &info) == 0 && static_cast<double>(info.st_mtim.tv_sec) > std::ceil(read)) {
      found.push_back({Kind::kWrong, "daemon", cat(file, " was changed after the daemon has read it"),
                       "respand reload (or systemctl reload respand)"});
    }
  }
}

Finding of_silence(const Error& why) {
  switch (why.code) {
    case ErrorCode::kPermission:
      return {Kind::kNote, "daemon", why.message, "to look at the daemon too: sudo respand doctor"};
    case ErrorCode::kInvalid:
      return {Kind::kWrong, "daemon", why.message, "correct control.path"};
    default:
      return {Kind::kWrong, "daemon", cat("does not run: ", why.message),
              "sudo systemctl start respand.socket respand; without systemd: respand run"};
  }
}

}  // namespace

std::optional<std::uint64_t> look_at_daemon(const config::Config& config, Findings& found) {
  const auto answer = ask_daemon(config.control.path, "GET", "/status.json");
  if (!answer) {
    found.push_back(of_silence(answer.error()));
    return std::nullopt;
  }
  config::Report report("status");
  const auto status = config::parse(answer->body, report);
  if (!status || status->kind != config::Node::Kind::kMap) {
    found.push_back({Kind::kWrong, "daemon", "its status can't be read", "restart it: systemctl restart respand"});
    return std::nullopt;
  }
  if (const std::string version = text_member(*status, "version"); version != kVersion) {
    found.push_back({Kind::kNote, "daemon", cat("runs version ", version, ", this is ", kVersion),
                     "sudo systemctl restart respand"});
  }
  tell_issues(*status, found);
  if (const auto metrics = ask_daemon(config.control.path, "GET", "/metrics")) {
    find_unread(config, metrics->body, found);
  }
  const std::string pid = text_member(*status, "pid");
  std::uint64_t number = 0;
  const bool good = std::from_chars(pid.data(), pid.data() + pid.size(), number).ec == std::errc{};
  return good ? std::optional(number) : std::nullopt;
}

}  // namespace respand::cli
