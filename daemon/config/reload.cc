#include "config/reload.h"

#include <algorithm>
#include <array>

#include "config/keys.h"

namespace respand::config {
namespace {

// The keys that a reload takes over and, with a dot at the end, whole sections. All other keys are about threads, files
// and sockets that are in use.
constexpr std::array<std::string_view, 36> kFollowed = {"api.",
                                                        "nats.servers",
                                                        "nats.credentials_file",
                                                        "nats.nkey_file",
                                                        "nats.ca_file",
                                                        "nats.cert_file",
                                                        "nats.key_file",
                                                        "socket.max_connections",
                                                        "socket.max_connections_per_user",
                                                        "socket.allow_uids",
                                                        "socket.allow_gids",
                                                        "socket.rate_limit.",
                                                        "http.rate_limit.",
                                                        "http.hosts",
                                                        "http.allow_origins",
                                                        "http.routes",
                                                        "http.unknown_key",
                                                        "http.forward",
                                                        "http.token_file",
                                                        "socket.key",
                                                        "spool.key",
                                                        "records.route",
                                                        "delivery.max_in_flight",
                                                        "delivery.max_connections",
                                                        "delivery.rate_limit",
                                                        "delivery.rate_limit_share",
                                                        "delivery.fresh_share",
                                                        "delivery.retry.",
                                                        "dead_letters.max_size",
                                                        "records.defaults",
                                                        "records.redact",
                                                        "records.redact_text",
                                                        "records.redact_attributes",
                                                        "records.sample.",
                                                        "records.prices",
                                                        "log.level"};

Draft draft_of(const Config& config) {
  Draft draft;
  static_cast<Config&>(draft) = config;
  return draft;
}

}  // namespace

bool reloads(std::string_view path) {
  return std::any_of(kFollowed.begin(), kFollowed.end(), [path](std::string_view followed) {
    return followed.ends_with('.') ? path.starts_with(followed) : path == followed;
  });
}

// Keys are compared as they are printed. Printing masks secrets, so these are compared by themselves first.
Reloaded reload(const Config& now, const Config& fresh) {
  const Draft before = draft_of(now);
  Draft after = draft_of(fresh);
  Reloaded out;
  if (now.api.key != fresh.api.key) {
    out.taken.emplace_back("api.api_key");
  }
  if (now.nats.credentials != fresh.nats.credentials) {
    out.taken.emplace_back("nats.credentials");
  }
  if (now.http.token != fresh.http.token) {
    out.taken.emplace_back("http.token");
  }
  for (const NamedKey& key : fresh.api.keys) {
    const auto before_it = std::find_if(now.api.keys.begin(), now.api.keys.end(),
                                        [&key](const NamedKey& one) { return one.name == key.name; });
    if (before_it != now.api.keys.end() && before_it->key != key.key) {
      out.taken.push_back("api.keys." + key.name);
    }
  }
  for (const Key& key : keys()) {
    if (key.show(before) == key.show(after)) {
      continue;
    }
    (reloads(key.path) ? out.taken : out.kept).emplace_back(key.path);
    if (!reloads(key.path)) {
      key.copy(before, after);
    }
  }
  after.spool.directory_given = before.spool.directory_given;
  out.config = std::move(static_cast<Config&>(after));
  return out;
}

}  // namespace respand::config
