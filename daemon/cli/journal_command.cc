// `respand journal`: shows what a journal on disk holds and whether it is sound, exports its records as NDJSON, and
// repairs it. Works only while no daemon runs: it takes the lock that the daemon would hold.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/journal_report.h"
#include "cli/options.h"
#include "cli/private_file.h"
#include "cli/program.h"
#include "cli/progress_line.h"
#include "journal/repair.h"
#include "respand/base/text.h"
#include "respand/journal/attributes.h"
#include "respand/json/text.h"
#include "respand/json/writer.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 1> kJournalKeys = {"journal.directory"};

// NDJSON goes out in pieces of this size.
constexpr std::size_t kPiece = 1 << 20;

struct JournalArguments {
  std::string config;
  std::string directory;
  bool json = false;
  bool all = false;
  std::string output;
};

int complain(std::string_view what, int status = kFailed) {
  std::cerr << "respand journal: " << what << '\n';
  return status;
}

// The journal's folder, with its lock: no other process uses it.
struct Held {
  std::string directory;
  std::unique_ptr<fs::Lock> lock;
};

bool holds_a_journal(const std::string& directory) {
  const auto names = fs::posix().list(directory);
  return names && std::any_of(names->begin(), names->end(), [](const std::string& name) {
           return name == "cursor" || name == "end" || journal::parse_segment_name(name);
         });
}

std::string why_no_journal(const std::string& directory) {
  const auto names = fs::posix().list(directory);
  if (names) {
    return cat("there is no journal in ", directory, ": nothing in it is respand's");
  }
  switch (names.error().code) {
    case ErrorCode::kPermission:
      return cat("may not read ", directory, ": try with sudo");
    case ErrorCode::kNotFound:
      return cat("there is no ", directory, ": is journal.directory of --config meant, and has respand run?");
    default:
      return cat("can't read ", directory, ": ", names.error().message);
  }
}

// None after printing what is wrong, with the exit status set.
std::optional<Held> hold(const JournalArguments& given, int& status) {
  Held held;
  held.directory = given.directory;
  if (held.directory.empty()) {
    const auto config = load_places(given.config, kJournalKeys);
    if (!config) {
      status = kBadConfiguration;
      return std::nullopt;
    }
    held.directory = config->journal.directory;
  }
  if (auto owner = become_owner_of(held.directory); !owner && owner.error().code != ErrorCode::kNotFound) {
    status = complain(owner.error().message);
    return std::nullopt;
  }
  if (!holds_a_journal(held.directory)) {
    status = complain(why_no_journal(held.directory));
    return std::nullopt;
  }
  auto lock = fs::posix().lock(held.directory + "/lock");
  if (!lock) {
    const bool in_use = lock.error().code == ErrorCode::kExists;
    status = complain(in_use ? cat(lock.error().message, "; stop the daemon first") : lock.error().message,
                      in_use ? kTryAgain : kFailed);
    return std::nullopt;
  }
  held.lock = std::move(*lock);
  return held;
}

// Shows how far reading has got.
class Watch {
 public:
  explicit Watch(std::string_view what) : what_(what) {}
  void operator()(std::uint64_t done, std::uint64_t total) {
    if (line_.due() && total > 0) {
      line_.show(cat(what_, " ", std::min<std::uint64_t>(100, done * 100 / total), "% of ", total >> 20, " MiB"));
    }
  }
  void clear() { line_.clear(); }

 private:
  std::string_view what_;
  ProgressLine line_;
};

Result<journal::Survey> read(const Held& held, std::string_view what,
                             std::function<void(const journal::Sound&)> record) {
  Watch watch(what);
  return journal::survey(
      fs::posix(), held.directory,
      {.record = std::move(record), .progress = [&](std::uint64_t done, std::uint64_t total) { watch(done, total); }});
}

int info(const JournalArguments& given, const Held& held) {
  const auto found = read(held, "reading", {});
  if (!found) {
    return complain(found.error().message);
  }
  std::cout << (given.json ? info_json(held.directory, *found) : info_text(held.directory, *found));
  return kDone;
}

int verify(const JournalArguments& given, const Held& held) {
  const auto found = read(held, "verifying", {});
  if (!found) {
    return complain(found.error().message);
  }
  if (given.json) {
    std::cout << verify_json(held.directory, *found);
  } else {
    for (const journal::Damage& damage : found->damage) {
      std::cout << damage_text(damage) << '\n';
    }
    std::cout << held.directory << ": " << found->records << " records are sound, " << found->missing
              << " that were open are not there, damage in " << found->damage.size() << " places\n";
  }
  return found->damage.empty() ? kDone : kFailed;
}

// Writes a record as one line. Line breaks become spaces: in JSON they can only stand between tokens.
void put_line(std::string& out, std::string_view payload) {
  const std::size_t begin = out.size();
  out += payload;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  out += '\n';
}

// A body for another route than that of records, or under another key, gets an object around it that says so.
std::string with_route(const journal::Sound& sound) {
  const bool is_json = journal::find_attribute(sound.attributes, journal::Tag::kContentType).empty();
  const std::string_view query = journal::find_attribute(sound.attributes, journal::Tag::kQuery);
  json::Object line;
  line.member("route", path_of(sound.header.route));
  if (const std::string_view key = journal::find_attribute(sound.attributes, journal::Tag::kKey); !key.empty()) {
    line.member("key", printable(key, key.size()));
  }
  if (!query.empty()) {
    line.member("query", printable(query, query.size()));
  }
  if (const std::string_view headers = journal::find_attribute(sound.attributes, journal::Tag::kHeaders);
      !headers.empty()) {
    line.member("headers", headers);
  }
  return line.value("body", is_json ? std::string(sound.payload) : json::in_base64(sound.payload)).text();
}

int export_records(const JournalArguments& given, const Held& held, std::ostream& out) {
  std::string lines;
  std::uint64_t written = 0;
  std::uint64_t unknown = 0;
  const auto found = read(held, "exporting", [&](const journal::Sound& sound) {
    if (!journal::known(sound.header)) {
      ++unknown;
    } else if (sound.open || given.all) {
      put_line(lines, journal::is_routed(sound.header) ? with_route(sound) : std::string(sound.payload));
      ++written;
    }
    if (lines.size() >= kPiece) {
      out << lines;
      lines.clear();
    }
  });
  out << lines << std::flush;
  if (!found) {
    return complain(found.error().message);
  }
  if (!out) {
    return complain(cat(given.output.empty() ? "standard output" : given.output, ": could not be written"));
  }
  std::cerr << written << (written == 1 ? " record" : " records") << " exported\n";
  if (unknown > 0) {
    complain(cat(unknown, " of a kind that this version does not know were left out"));
  }
  for (const journal::Damage& damage : found->damage) {
    complain(damage_text(damage));
  }
  return found->damage.empty() && unknown == 0 ? kDone : kFailed;
}

int repair(const JournalArguments&, const Held& held) {
  Watch watch("reading");
  const auto repaired =
      journal::repair(fs::posix(), held.directory, system_clock(),
                      {.progress = [&](std::uint64_t done, std::uint64_t total) { watch(done, total); }});
  watch.clear();
  if (!repaired) {
    return complain(cat(repaired.error().message, "; it can be run again"));
  }
  for (const journal::Damage& damage : repaired->damage) {
    std::cout << damage_text(damage) << '\n';
  }
  if (repaired->damage.empty()) {
    std::cout << held.directory << ": nothing to repair, " << repaired->records << " records are sound\n";
    return kDone;
  }
  std::cout << held.directory << ": repaired; " << repaired->records << " records are sound, " << repaired->lost
            << " that were open are gone; as it was: " << held.directory << '/' << repaired->backup << '\n';
  return kDone;
}

CLI::App* add(CLI::App& group, const std::string& name, const std::string& what,
              const std::shared_ptr<JournalArguments>& given) {
  auto* const command = group.add_subcommand(name, what);
  add_config_option(*command, given->config);
  command->add_option("-d,--directory", given->directory, "The journal's folder; else as the configuration says")
      ->type_name("DIR");
  return command;
}

template <typename F>
void runs(CLI::App& command, const std::shared_ptr<JournalArguments>& given, int& exit_status, F work) {
  command.callback([given, &exit_status, work] {
    if (const auto held = hold(*given, exit_status)) {
      exit_status = work(*given, *held);
    }
  });
}

// The output file is opened first, as the user that runs this: the journal's owner, which this then becomes, may not be
// able to write there.
int run_export(const JournalArguments& given) {
  std::unique_ptr<PrivateFile> file;
  if (!given.output.empty()) {
    auto opened = PrivateFile::open(given.output);
    if (!opened) {
      return complain(opened.error().message);
    }
    file = std::move(*opened);
  }
  int status = kDone;
  const auto held = hold(given, status);
  return held ? export_records(given, *held, file ? file->stream() : std::cout) : status;
}

}  // namespace

void add_journal_command(CLI::App& app, int& exit_status) {
  auto* const group = app.add_subcommand("journal", "What the journal on disk holds, while the daemon does not run");
  group->require_subcommand(1);
  group->footer(
      "Exit status: 0 done; 1 failed, or `verify` and `export` found damage; 64 bad command line; 75 the daemon uses\n"
      "the journal: stop it first; 78 bad configuration.");
  auto given = std::make_shared<JournalArguments>();
  auto* const informing = add(*group, "info", "Segments, records, what is open and what is settled", given);
  informing->add_flag("--json", given->json, "As one JSON object");
  runs(*informing, given, exit_status, info);
  auto* const verifying = add(*group, "verify", "Read every record and check every checksum", given);
  verifying->add_flag("--json", given->json, "As one JSON object");
  runs(*verifying, given, exit_status, verify);
  auto* const exporting = add(*group, "export", "The records that were not delivered yet, as NDJSON", given);
  exporting->add_flag("--all", given->all, "Also those that were delivered, as far as they are still on disk");
  exporting->add_option("-o,--output", given->output, "Into this file; else to stdout")->type_name("FILE");
  exporting->callback([given, &exit_status] { exit_status = run_export(*given); });
  auto* const repairing =
      add(*group, "repair", "Make it sound again; what is changed is copied to backup-TIME/ in its folder", given);
  runs(*repairing, given, exit_status, repair);
}

}  // namespace respand::cli
