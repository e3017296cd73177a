#include "config/check.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "config/limits.h"
#include "config/network.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

using Keys = std::initializer_list<std::string_view>;

// Whether who connects to `host` on this machine comes to a socket that listens on `address`.
bool reaches(std::string_view host, std::string_view address) {
  const auto usual = [](std::string_view one) { return one == "localhost" || one == "127.0.0.1" || one == "::1"; };
  const bool any = address == "0.0.0.0" || address == "::";
  return host == address || (is_loopback(host) && any) ||
         (usual(host) && usual(address) && (host == "localhost" || address == "localhost"));
}

class Checks {
 public:
  Checks(const Draft& draft, const Written& written, Report& report)
      : draft_(draft), written_(written), report_(report) {}

  // Reports a contradiction at the first of the keys that is written. Where one of the keys is wrong in itself, that
  // was reported already, and its field says nothing.
  void require(bool holds, Keys keys, std::string_view message, ProblemKind kind = {}) {
    for (const std::string_view key : keys) {
      holds = holds || written_.wrong.contains(key);
    }
    if (!holds) {
      report_.problem(written_.place(keys), std::string(message), kind);
    }
  }

  void sizes() {
    constexpr std::uint64_t kMiB = 1U << 20;
    const Journal& journal = draft_.journal;
    const Bytes record = draft_.socket.max_record;
    require(
        journal.segment_size >= record + kRecordOverhead, {"journal.segment_size", "socket.max_record"},
        cat("journal.segment_size (", to_text(journal.segment_size),
            ") has no room for a record of socket.max_record (", to_text(record), ") and ", to_text(kRecordOverhead),
            " around it: make it ", to_text(Bytes{((record + kRecordOverhead).value / kMiB + 1) * kMiB}),
            ", or socket.max_record smaller"));
    require(journal.max_size >= journal.segment_size + journal.segment_size,
            {"journal.max_size", "journal.segment_size"},
            cat("journal.max_size (", to_text(journal.max_size), ") must be at least twice journal.segment_size (",
                to_text(journal.segment_size), "): one is written while another is delivered"));
    require(draft_.dead_letters.max_size >= record + kRecordOverhead, {"dead_letters.max_size", "socket.max_record"},
            cat("dead_letters.max_size (", to_text(draft_.dead_letters.max_size),
                ") has no room for a record of socket.max_record (", to_text(record), ") and ",
                to_text(kRecordOverhead), " around it"));
    require(draft_.records.defaults.size() < record.value, {"records.defaults", "socket.max_record"},
            cat("records.defaults (", to_text(Bytes{draft_.records.defaults.size()}),
                ") must be smaller than socket.max_record (", to_text(record), ")"));
  }

  void delivery() {
    const Delivery& delivery = draft_.delivery;
    const Delivery::Retry& retry = delivery.retry;
    require(retry.initial <= retry.max, {"delivery.retry.initial", "delivery.retry.max"},
            cat("delivery.retry.initial (", to_text(retry.initial), ") is longer than delivery.retry.max (",
                to_text(retry.max), ")"));
    require(retry.max_age == Duration{0} || retry.max_age >= retry.initial,
            {"delivery.retry.max_age", "delivery.retry.initial"},
            cat("delivery.retry.max_age (", to_text(retry.max_age), ") is shorter than delivery.retry.initial (",
                to_text(retry.initial), "): nothing would be tried twice"));
    for (const std::uint16_t status : retry.statuses.transient) {
      const auto& permanent = retry.statuses.permanent;
      require(std::find(permanent.begin(), permanent.end(), status) == permanent.end(),
              {"delivery.retry.statuses.transient", "delivery.retry.statuses.permanent"},
              cat("delivery.retry.statuses: ", status, " is both permanent and transient"));
    }
    require(draft_.api.connect_timeout <= draft_.api.request_timeout, {"api.connect_timeout", "api.request_timeout"},
            cat("api.connect_timeout (", to_text(draft_.api.connect_timeout), ") is longer than api.request_timeout (",
                to_text(draft_.api.request_timeout), "), of which it is a part"));
    require(delivery.workers <= delivery.max_in_flight, {"delivery.max_in_flight", "delivery.workers"},
            cat("delivery.max_in_flight (", delivery.max_in_flight, ") is less than delivery.workers (",
                delivery.workers, "): some could never send"));
    require(delivery.workers <= delivery.max_connections, {"delivery.max_connections", "delivery.workers"},
            cat("delivery.max_connections (", delivery.max_connections, ") is less than delivery.workers (",
                delivery.workers, "): each has its own"));
  }

  // No two keys may name the same thing.
  void distinct(const std::vector<std::pair<std::string_view, std::string>>& named) {
    for (auto second = named.begin(); second != named.end(); ++second) {
      for (auto first = named.begin(); first != second; ++first) {
        require(second->second.empty() || first->second != second->second, {second->first, first->first},
                cat(second->first, " and ", first->first, " are the same: ", printable(second->second, 200)));
      }
    }
  }
  void places() {
    const auto normal = [](const std::string& path) {
      std::string text = std::filesystem::path(path).lexically_normal().string();
      return text.size() > 1 && text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
    };
    distinct({{"socket.path", normal(draft_.socket.path)},
              {"datagram.path", normal(draft_.datagram.path)},
              {"control.path", normal(draft_.control.path)}});
    distinct({{"spool.directory", normal(draft_.spool.directory)},
              {"journal.directory", normal(draft_.journal.directory)},
              {"dead_letters.directory", normal(draft_.dead_letters.directory)},
              {"costs.directory", normal(draft_.costs.directory)}});
    // Port 0 lets the system choose a free port, so two keys with it do not name the same address.
    const auto chosen = [](const std::optional<Endpoint>& value) {
      return value && value->port != 0 ? Listen::show(value) : "";
    };
    distinct({{"http.listen", chosen(draft_.http.listen)}, {"metrics.listen", chosen(draft_.metrics.listen)}});
  }

  // Where one record is posted, {"logs":[…]} would be taken as one record too, and those in it would be lost.
  void batch_path() {
    const auto bare = [](std::string_view path) {
      path.remove_suffix(path.size() - (path.find_last_not_of('/') + 1));
      return path;
    };
    const std::string_view batch = bare(draft_.api.batch.path);
    const bool takes_one = batch == bare(draft_.api.path) || batch == "request-logs/create" || batch == "request-logs";
    require(batch.empty() || !takes_one, {"api.batch.path", "api.path"},
            cat("api.batch.path: ", printable(batch, 200),
                " takes one record, and would take a batch for one: Respan, and another respand, take batches at ",
                kBatchPath));
  }

  // A respand that posts to its own http.listen would take each record in again as a new one, for ever.
  void loop() {
    const auto url = split_url(draft_.api.base_url);
    const auto& listen = draft_.http.listen;
    if (url && url->scheme == "http" && listen && listen->port != 0 && draft_.api.proxy.empty()) {
      require(url->port != listen->port || !reaches(url->host, listen->host), {"api.base_url", "http.listen"},
              "api.base_url is this respand's own http.listen: records would come in again for ever and never get to "
              "the API; give the address of the API, or of another respand");
    }
  }

  // Every name of a key is one of api.keys.
  void key_names() {
    std::string known;
    for (const NamedKey& key : draft_.api.keys) {
      known += cat(known.empty() ? "" : ", ", key.name);
    }
    const auto require_known = [&](std::string_view where, const std::string& name) {
      const auto& keys = draft_.api.keys;
      const bool there = name.empty() || std::any_of(keys.begin(), keys.end(),
                                                     [&name](const NamedKey& key) { return key.name == name; });
      require(there, {where, "api.keys"},
              cat(where, ": api.keys has no key ", printable(name, 64), known.empty() ? "" : "; known are ", known));
    };
    require_known("socket.key", draft_.socket.key);
    require_known("spool.key", draft_.spool.key);
    for (const KeyRoute& route : draft_.records.route) {
      require_known("records.route", route.key);
    }
  }

  // Files that the configuration names must be readable now: the daemon would find out only when it needs them.
  void files(const Environment& environment) {
    if (written_.has("api.ca_file")) {
      const auto text = environment.read_file(draft_.api.ca_file);
      require(text && text->find("-----BEGIN ") != std::string::npos, {"api.ca_file"},
              cat("api.ca_file: ", text ? std::string("holds no certificate in PEM form") : text.error().message),
              {.code = text ? ErrorCode::kInvalid : text.error().code});
    }
    if (written_.has("records.prices")) {
      for (const std::string& file : draft_.records.prices) {
        const auto text = environment.read_file(file);
        require(text.has_value(), {"records.prices"},
                cat("records.prices: ", text ? std::string() : text.error().message),
                {.code = text ? ErrorCode::kInvalid : text.error().code});
      }
    }
  }

  // What is allowed but probably not meant is a warning. Intake that anybody in the network could use on the operator's
  // account is a mistake.
  void doubts() {
    const auto url = split_url(draft_.api.base_url);
    if (url && url->scheme == "http" && !is_loopback(url->host)) {
      report_.warning(written_.place({"api.base_url"}),
                      "api.base_url: with http:// the API key and the records cross the network in the clear");
    }
    if (url && url->path.find("request-logs") != std::string_view::npos) {
      report_.warning(written_.place({"api.base_url"}),
                      cat("api.base_url: api.path (", draft_.api.path, ") is added to this"));
    }
    if (draft_.http.listen && !is_loopback(draft_.http.listen->host)) {
      require(draft_.http.unknown_key == UnknownKey::kReject || !draft_.http.token_file.empty(),
              {"http.listen", "http.unknown_key", "http.token_file"},
              "http.listen: whoever can reach this address could hand records over, on the account of api_key: set "
              "http.unknown_key to reject, so that clients need a key of api.keys, or http.token_file to a file with a "
              "token for them; or listen on 127.0.0.1");
    }
    if (draft_.metrics.listen && !is_loopback(draft_.metrics.listen->host)) {
      report_.warning(
          written_.place({"metrics.listen"}),
          "metrics.listen: whoever can reach this address can read customers' names and what is spent, at /");
    }
    if ((draft_.control.mode & 02) != 0) {
      report_.warning(written_.place({"control.mode"}),
                      "control.mode: every user of this host can see and replay records");
    }
  }

 private:
  const Draft& draft_;
  const Written& written_;
  Report& report_;
};

}  // namespace

void check(const Draft& draft, const Written& written, const Environment& environment, Report& report) {
  Checks checks(draft, written, report);
  checks.sizes();
  checks.delivery();
  checks.places();
  checks.batch_path();
  checks.loop();
  checks.key_names();
  checks.files(environment);
  checks.doubts();
}

}  // namespace respand::config
