#include "config/nats.h"

#include <initializer_list>

#include "config/network.h"
#include "respand/base/text.h"
#include "respand/base/trim.h"

namespace respand::config {
namespace {

constexpr const char* kHostNameFile = "/proc/sys/kernel/hostname";
constexpr std::string_view kCredentialsBegin = "-----BEGIN NATS USER JWT-----";
constexpr std::string_view kSeedBegin = "-----BEGIN USER NKEY SEED-----";

// "SU…": 58 characters of base 32.
bool is_seed(std::string_view text) {
  constexpr std::size_t kSeedLength = 58;
  text = trimmed(text);
  return text.size() == kSeedLength && text.starts_with("SU") &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == std::string_view::npos;
}

bool is_credentials(std::string_view text) {
  return text.find(kCredentialsBegin) != std::string_view::npos && text.find(kSeedBegin) != std::string_view::npos;
}

class NatsKeys {
 public:
  NatsKeys(Draft& draft, const Written& written, const Environment& environment, Report& report)
      : draft_(draft), nats_(draft.nats), written_(written), environment_(environment), report_(report) {}

  void credentials() {
    nats_.credentials = Secret();
    if (!nats_.credentials_file.empty() && !nats_.nkey_file.empty()) {
      say({"nats.nkey_file", "nats.credentials_file"},
          "nats.nkey_file and nats.credentials_file are both set: leave one out");
    } else if (!nats_.credentials_file.empty()) {
      const std::string text = secret_of("nats.credentials_file", nats_.credentials_file);
      if (!text.empty() && !is_credentials(text)) {
        say({"nats.credentials_file"},
            is_seed(text) ? "nats.credentials_file: the file holds an nkey seed: name it in nats.nkey_file instead"
                          : "nats.credentials_file: the file holds no credentials; `nsc generate creds` writes such a "
                            "file, with a JWT and a seed in it");
        return;
      }
      nats_.credentials = Secret(text);
    } else if (!nats_.nkey_file.empty()) {
      const std::string text = secret_of("nats.nkey_file", nats_.nkey_file);
      if (!text.empty() && !is_seed(text)) {
        say({"nats.nkey_file"},
            is_credentials(text)
                ? "nats.nkey_file: the file holds credentials: name it in nats.credentials_file instead"
                : "nats.nkey_file: the file must hold a user's seed alone (SU and 56 characters more)");
        return;
      }
      nats_.credentials = Secret(std::string(trimmed(text)));
    } else {
      from_service_manager();
    }
  }

  void fit_together() {
    const bool edge = draft_.destination == Destination::kNats;
    const bool relay = draft_.source == Source::kNats;
    if (edge && relay) {
      say({"source", "destination"},
          "source: nats and destination: nats are both set, so records would go round in a circle: a host is either an "
          "edge (destination: nats) or a relay (source: nats)");
    }
    const std::string_view why = edge ? "destination: nats" : "source: nats";
    if (nats_.servers.empty() && !wrong("nats.servers")) {
      say({edge ? "destination" : "source"}, cat(why, " needs nats.servers, such as [nats://10.0.0.1:4222]"));
    }
    if (nats_.stream.empty() && !wrong("nats.stream")) {
      say({edge ? "destination" : "source"},
          cat(why, " needs nats.stream, the name of the stream that `respand nats setup` makes"));
    }
    if (nats_.cert_file.empty() != nats_.key_file.empty() && !wrong("nats.cert_file") && !wrong("nats.key_file")) {
      say({"nats.cert_file", "nats.key_file"},
          "nats.cert_file and nats.key_file belong together: set both, or none of them");
    }
    if (draft_.socket.ack == AckWhen::kPublished && edge && draft_.journal.when_full == WhenFull::kDropOldest) {
      say({"socket.ack", "journal.when_full"},
          "socket.ack: published and journal.when_full: drop_oldest contradict each other: a record that is dropped "
          "never reaches the cluster, but its writer waits for that; use block or reject");
    }
  }

  void files() {
    for (const auto& [key, path] : {std::pair<std::string_view, const std::string&>{"nats.ca_file", nats_.ca_file},
                                    {"nats.cert_file", nats_.cert_file},
                                    {"nats.key_file", nats_.key_file}}) {
      if (path.empty()) {
        continue;
      }
      const auto text = environment_.read_file(path);
      if (!text) {
        say({key}, cat(key, ": ", text.error().message), {.code = text.error().code});
      } else if (text->find("-----BEGIN ") == std::string::npos) {
        say({key}, cat(key, ": holds no ", key == "nats.key_file" ? "key" : "certificate", " in PEM form"));
      } else if (key == "nats.key_file") {
        warn_if_open(key, path);
      }
    }
  }

  // Names of hosts are the last tokens of subjects, and tell relays whose records they have.
  void host() {
    auto name = environment_.variable("HOSTNAME");
    if (!name || name->empty()) {
      auto text = environment_.read_file(kHostNameFile);
      name = text ? std::string(trimmed(*text)) : std::string();
    }
    std::string good;
    if (name->empty() || !Subject::parse(*name, good)) {
      if (nats_.subject.empty()) {
        say({"destination"},
            "nats.subject: the name of this host is not known, or can't be a part of a subject: set nats.subject, such "
            "as respand.web-1");
      }
      name = nats_.subject.substr(nats_.subject.rfind('.') + 1);
    }
    nats_.host = *name;
    if (nats_.subject.empty() && !wrong("nats.subject") && !name->empty()) {
      nats_.subject = cat("respand.", *name);
    }
  }

  void doubts() {
    const bool used = draft_.destination == Destination::kNats || draft_.source == Source::kNats;
    if (!used && (!nats_.servers.empty() || !nats_.stream.empty())) {
      report_.warning(written_.place({"nats.servers", "nats.stream"}),
                      "nats: nothing uses these keys: an edge needs destination: nats, a relay source: nats");
    }
    if (draft_.destination == Destination::kNats && (written_.has("api.api_key") || written_.has("api.api_key_file"))) {
      report_.warning(written_.place({"api.api_key", "api.api_key_file"}),
                      "the API key is not used with destination: nats: only the relays need it, so take it from here");
    }
    for (const std::string& server : nats_.servers) {
      const auto parts = split_url(server);
      if (used && parts && parts->scheme == "nats" && !is_loopback(parts->host) && nats_.ca_file.empty() &&
          nats_.cert_file.empty()) {
        report_.warning(
            written_.place({"nats.servers"}),
            cat("nats.servers: with ", server,
                " the records cross the network in the clear, unless the server asks for TLS: write tls://"));
        return;
      }
    }
  }

 private:
  [[nodiscard]] bool wrong(std::string_view key) const { return written_.wrong.contains(key); }

  void say(std::initializer_list<std::string_view> keys, std::string message, ProblemKind kind = {}) {
    report_.problem(written_.place(keys), std::move(message), kind);
  }

  void warn_if_open(std::string_view key, const std::string& path) {
    if (environment_.readable_by_all && environment_.readable_by_all(path)) {
      report_.warning(written_.place({key}), cat(key, ": every user of this host can read the file"),
                      {.about = Problem::About::kExposedSecret});
    }
  }

  // What the file holds. Empty where it can't be read or holds nothing, which is reported.
  std::string secret_of(std::string_view key, const std::string& path) {
    auto text = environment_.read_file(path);
    if (!text) {
      say({key}, cat(key, ": ", text.error().message), {.code = text.error().code});
      return {};
    }
    warn_if_open(key, path);
    if (trimmed(*text).empty()) {
      say({key}, cat(key, ": the file is empty"));
      return {};
    }
    return std::move(*text);
  }

  // A unit may give an empty credential where the file did not exist at the service's start.
  void from_service_manager() {
    const auto directory = environment_.variable("CREDENTIALS_DIRECTORY");
    if (!directory || directory->empty()) {
      return;
    }
    auto text = environment_.read_file(cat(*directory, "/nats_creds"));
    if (!text) {
      if (text.error().code != ErrorCode::kNotFound) {
        report_.environment_problem(cat("CREDENTIALS_DIRECTORY: ", text.error().message), {.code = text.error().code});
      }
    } else if (is_credentials(*text)) {
      nats_.credentials = Secret(std::move(*text));
    } else if (is_seed(*text)) {
      nats_.credentials = Secret(std::string(trimmed(*text)));
    } else if (!trimmed(*text).empty()) {
      report_.environment_problem(
          "CREDENTIALS_DIRECTORY: nats_creds holds neither credentials (a JWT and a seed) nor an nkey seed");
    }
  }

  Draft& draft_;
  Nats& nats_;
  const Written& written_;
  const Environment& environment_;
  Report& report_;
};

}  // namespace

void find_nats_credentials(Draft& draft, const Written& written, const Environment& environment, Report& report) {
  if (draft.destination == Destination::kNats || draft.source == Source::kNats) {
    NatsKeys(draft, written, environment, report).credentials();
  }
}

namespace {

// A limit that is shared with nobody, or that is none, is not what somebody meant who wrote this key.
void check_shared_limit(const Draft& draft, const Written& written, Report& report) {
  constexpr std::string_view kShared = "delivery.rate_limit_share";
  if (!draft.delivery.rate_limit_share || written.wrong.contains(kShared) ||
      written.wrong.contains("delivery.rate_limit")) {
    return;
  }
  if (draft.source != Source::kNats && !written.wrong.contains("source")) {
    report.problem(written.place({kShared}),
                   "delivery.rate_limit_share: only relays share their limit: it needs source: nats. Leave it out, and "
                   "delivery.rate_limit is this host's own");
  } else if (draft.delivery.rate_limit == 0) {
    report.problem(written.place({kShared}),
                   "delivery.rate_limit_share: there is no limit to share: set delivery.rate_limit to what the API "
                   "takes of all relays together, in requests a second");
  }
}

}  // namespace

void complete_nats(Draft& draft, const Written& written, const Environment& environment, Report& report) {
  check_shared_limit(draft, written, report);
  NatsKeys keys(draft, written, environment, report);
  keys.doubts();
  if (draft.socket.ack == AckWhen::kPublished && draft.destination != Destination::kNats) {
    report.problem(written.place({"socket.ack"}),
                   "socket.ack: published needs destination: nats: without a cluster there is nowhere to publish to");
  }
  if (draft.destination != Destination::kNats && draft.source != Source::kNats) {
    return;
  }
  keys.fit_together();
  keys.files();
  keys.credentials();
  if (draft.destination == Destination::kNats) {
    keys.host();
  }
}

}  // namespace respand::config
