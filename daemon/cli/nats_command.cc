// `respand nats`: the stream and the consumer that a fleet needs, made or held against what they must be.

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/nats_judgement.h"
#include "cli/nats_session.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/text.h"
#include "respand/http/live.h"

namespace respand::cli {
namespace {

constexpr Duration kNatsPatience = std::chrono::seconds{5};
constexpr std::size_t kMaxVarz = 1U << 20;

struct NatsArguments {
  std::string config;
  std::string subject;
  std::string max_size;
  std::vector<std::string> monitors;
  bool apply = false;
  bool quiet = false;
};

// The keys under `nats` alone: whoever makes a stream needs no API key.
std::optional<config::Nats> load_nats(const std::string& file) {
  constexpr std::array<std::string_view, 14> kKeys = {
      "nats.servers",      "nats.credentials_file", "nats.nkey_file", "nats.ca_file",         "nats.cert_file",
      "nats.key_file",     "nats.stream",           "nats.subject",   "nats.batch.max_bytes", "nats.require.replicas",
      "nats.require.sync", "nats.require.server",   "nats.strict",    "destination"};
  auto config = load_places(file, kKeys);
  if (!config) {
    return std::nullopt;
  }
  for (const auto& [key, empty, example] :
       {std::tuple{"nats.servers", config->nats.servers.empty(), "[nats://10.0.0.1:4222]"},
        std::tuple{"nats.stream", config->nats.stream.empty(), "RESPAND"}}) {
    if (empty) {
      std::cerr << "error: " << (file.empty() ? kDefaultConfigFile : file) << ": " << key
                << " is not set; write it, such as " << key << ": " << example << '\n';
      return std::nullopt;
    }
  }
  if (config->destination == config::Destination::kNats) {
    config->nats.host = config::host_name();  // an edge that sets no nats.subject publishes to respand.HOST
  }
  return std::move(config->nats);
}

int complain_of_nats(const Error& failure) {
  const bool credentials = failure.code == ErrorCode::kPermission;
  std::cerr << "respand nats: " << failure.message
            << (credentials ? "; see nats.credentials_file or nats.nkey_file, and the user's permissions"
                            : "; see nats.servers")
            << '\n';
  return credentials ? kFailed : kTryAgain;
}

// Why JetStream's API did not answer, with what to do.
std::string remedy_of(const Error& failure) {
  switch (failure.code) {
    case ErrorCode::kNotFound:
      return "JetStream is off, or the cluster has no quorum: look at the servers' logs and nats server report "
             "jetstream";
    case ErrorCode::kPermission:
      return "let this user publish to $JS.API.> and subscribe to _INBOX.>";
    default:
      return "try again; nats server report jetstream says how the cluster is";
  }
}

std::string_view remedy_of(const nats::ApiError& failure) {
  constexpr int kReplicasWithoutCluster = 10074;
  return failure.err_code == kReplicasWithoutCluster
             ? "; a server alone keeps one copy: set nats.require.replicas: 1, or add servers to the cluster"
             : "";
}

// Makes one thing that is not there. `read` reads the answer.
template <typename Read>
int make_it(NatsSession& session, std::string_view what, const std::string& subject, const std::string& body,
            Read read) {
  const auto answer = session.ask(subject, body);
  if (!answer) {
    std::cerr << "respand nats setup: " << what << ": " << answer.error().message << "; " << remedy_of(answer.error())
              << '\n';
    return answer.error().code == ErrorCode::kUnavailable ? kTryAgain : kFailed;
  }
  const auto made = read(*answer);
  if (!made || made->error) {
    std::cerr << "respand nats setup: " << what << ": "
              << (made ? cat(made->error->description, " (", made->error->err_code, ")", remedy_of(*made->error))
                       : made.error().message)
              << '\n';
    return kFailed;
  }
  std::cout << "made " << what << '\n';
  return kDone;
}

// What there is, in findings; `absent`: it is not there.
template <typename Read, typename JudgeIt>
bool look_at(NatsSession& session, std::string_view area, std::string_view name, const std::string& subject,
             int not_there, Findings& found, bool& absent, Read read, JudgeIt judge_it) {
  const auto answer = session.ask(subject, {});
  if (!answer) {
    found.push_back({Finding::Kind::kWrong, std::string(area), answer.error().message, remedy_of(answer.error())});
    return false;
  }
  const auto known = read(*answer);
  if (!known || (known->error && known->error->err_code != not_there)) {
    found.push_back({Finding::Kind::kWrong, std::string(area),
                     known ? cat(name, ": ", known->error->description, " (", known->error->err_code, ")")
                           : cat(name, ": ", known.error().message),
                     "look at the servers' logs"});
    return false;
  }
  absent = known->error.has_value();
  if (absent) {
    found.push_back(
        {Finding::Kind::kWrong, std::string(area), cat(name, ": there is none"), "respand nats setup --apply"});
  } else {
    judge_it(known->value);
  }
  return true;
}

struct Absent {
  bool stream = false;
  bool consumer = false;
};

// False: the cluster's API did not answer.
bool look_at_both(NatsSession& session, const config::Nats& nats, Findings& found, Absent& absent) {
  if (!look_at(session, "stream", nats.stream, nats::stream_info_subject(nats.stream), nats::kNoSuchStream, found,
               absent.stream, nats::read_stream_info,
               [&](const nats::StreamInfo& info) { judge_stream(nats, info, found); })) {
    return false;
  }
  absent.consumer = absent.stream;
  return absent.stream || look_at(session, "consumer", config::kNatsConsumer,
                                  nats::consumer_info_subject(nats.stream, config::kNatsConsumer),
                                  nats::kNoSuchConsumer, found, absent.consumer, nats::read_consumer_info,
                                  [&](const nats::ConsumerInfo& info) { judge_consumer(nats, info, found); });
}

bool has_wrong(const Findings& found) {
  return std::any_of(found.begin(), found.end(), [](const Finding& one) { return one.kind == Finding::Kind::kWrong; });
}

int apply_setup(const config::Nats& nats, const nats::StreamConfig& stream, const nats::ConsumerConfig& consumer) {
  const auto target = nats_target(nats);
  if (!target) {
    std::cerr << "respand nats setup: " << target.error().message << '\n';
    return kBadConfiguration;
  }
  NatsSession session(*target, kNatsPatience);
  if (const Status up = session.connect(); !up) {
    return complain_of_nats(up.error());
  }
  Findings found;
  Absent absent;
  if (!look_at_both(session, nats, found, absent)) {
    std::cout << text_of(found, true);
    return kFailed;
  }
  if (absent.stream) {
    const int made = make_it(session, cat("stream ", stream.name), nats::stream_create_subject(stream.name),
                             nats::create_request(stream), nats::read_stream_info);
    if (made != kDone) {
      return made;
    }
  }
  if (absent.consumer) {
    const int made =
        make_it(session, cat("consumer ", consumer.name), nats::consumer_create_subject(stream.name, consumer.name),
                nats::create_request(stream.name, consumer), nats::read_consumer_info);
    if (made != kDone) {
      return made;
    }
  }
  // What is there already is never changed: it may hold records, and settings that respand does not know of.
  found.clear();
  static_cast<void>(look_at_both(session, nats, found, absent));
  std::cout << text_of(found, false);
  return has_wrong(found) ? kFailed : kDone;
}

int run_setup(const NatsArguments& given) {
  const auto nats = load_nats(given.config);
  if (!nats) {
    return kBadConfiguration;
  }
  std::int64_t max_bytes = -1;
  if (!given.max_size.empty()) {
    const auto size = parse_bytes(given.max_size);
    if (!size || size->value == 0) {
      std::cerr << "respand nats setup: --max-size: expected a size such as 50GiB\n";
      return kBadCommandLine;
    }
    max_bytes = static_cast<std::int64_t>(size->value);
  }
  const nats::StreamConfig stream =
      wanted_stream(*nats, given.subject.empty() ? subject_of_all(*nats) : given.subject, max_bytes);
  const nats::ConsumerConfig consumer = wanted_consumer();
  if (given.apply) {
    return apply_setup(*nats, stream, consumer);
  }
  std::cout << "# " << nats::stream_create_subject(stream.name) << '\n'
            << nats::create_request(stream) << "\n# " << nats::consumer_create_subject(stream.name, consumer.name)
            << '\n'
            << nats::create_request(stream.name, consumer) << '\n';
  std::cerr << "nothing was made: respand nats setup --apply makes what is not there\n";
  return kDone;
}

// Each server that the configuration names, one by one: a cluster is as good as the worst of them.
void look_at_servers(const config::Nats& nats, const nats::Target& all, Findings& found) {
  for (const std::string& server : nats.servers) {
    nats::Target one = all;
    one.servers = {server};
    NatsSession session(one, kNatsPatience);
    if (const Status up = session.connect(); !up) {
      found.push_back({Finding::Kind::kWrong, "server", up.error().message,
                       up.error().code == ErrorCode::kPermission
                           ? "see nats.credentials_file or nats.nkey_file: the server must know this user"
                           : "start it, or correct nats.servers and nats.ca_file"});
    } else {
      judge_nats_server(nats, session.state(), found);
    }
  }
}

void look_at_sync(const config::Nats& nats, const std::vector<std::string>& monitors, Findings& found) {
  if (monitors.empty()) {
    note_unseen_sync(nats, found);
    return;
  }
  http::start_library();
  for (const std::string& url : monitors) {
    http::Target target;
    target.routes_url = url.ends_with('/') ? url.substr(0, url.size() - 1) : url;
    target.ca_file = nats.ca_file;
    const std::atomic<bool> given_up{false};
    http::LiveRequest request;
    request.method = "GET";
    request.path = "/varz";
    const http::LiveAnswer answer = http::ask(std::move(target), request, kMaxVarz, kNatsPatience, given_up);
    if (answer.status != 200) {
      found.push_back({Finding::Kind::kWrong, "sync",
                       cat(url, ": ", answer.status == 0 ? answer.failure : cat("HTTP status ", answer.status)),
                       "name the server's monitoring address (http_port), such as http://10.0.0.1:8222"});
    } else {
      judge_sync(url, answer.body, found);
    }
  }
  if (monitors.size() < nats.require.replicas) {
    found.push_back({Finding::Kind::kNote, "sync", cat("only ", monitors.size(), " servers were asked"),
                     "name each server of the cluster by --monitor"});
  }
}

int run_nats_check(const NatsArguments& given) {
  const auto nats = load_nats(given.config);
  if (!nats) {
    return kBadConfiguration;
  }
  const auto target = nats_target(*nats);
  if (!target) {
    std::cerr << "respand nats check: " << target.error().message << '\n';
    return kBadConfiguration;
  }
  Findings found;
  look_at_servers(*nats, *target, found);
  NatsSession session(*target, kNatsPatience);
  if (session.connect()) {
    Absent absent;
    static_cast<void>(look_at_both(session, *nats, found, absent));
  }
  look_at_sync(*nats, given.monitors, found);
  std::cout << text_of(found, given.quiet);
  return has_wrong(found) ? kFailed : kDone;
}

}  // namespace

void add_nats_command(CLI::App& app, int& exit_status) {
  auto* const group = app.add_subcommand("nats", "The stream that a fleet needs, on a NATS cluster");
  group->require_subcommand(1);
  group->footer(
      "Both read the keys under nats. docs/fleet.md says more.\n"
      "Exit status: 0 done; 1 something is wrong; 64 bad command line; 75 no server is reachable; 78 bad "
      "configuration.");
  auto given = std::make_shared<NatsArguments>();
  auto* const setup = group->add_subcommand("setup", "Print the stream and the consumer as they must be, or make them");
  add_config_option(*setup, given->config);
  setup->add_flag("--apply", given->apply, "Make what is not there; what is there is looked at, and never changed");
  setup
      ->add_option("--subject", given->subject,
                   "What the stream takes; else nats.subject with > in place of its last word")
      ->type_name("SUBJECT");
  setup
      ->add_option("--max-size", given->max_size,
                   "The stream's limit; full, it refuses and edges wait; else the cluster's")
      ->type_name("SIZE");
  setup->callback([given, &exit_status] { exit_status = run_setup(*given); });
  auto* const check = group->add_subcommand("check", "Hold the cluster against nats.require, and say what to do");
  add_config_option(*check, given->config);
  check
      ->add_option(
          "--monitor", given->monitors,
          "A server's monitoring, such as http://10.0.0.1:8222: only there it says how it syncs; for each server")
      ->type_name("URL");
  check->add_flag("-q,--quiet", given->quiet, "Leave out what is as it should be");
  check->callback([given, &exit_status] { exit_status = run_nats_check(*given); });
}

}  // namespace respand::cli
