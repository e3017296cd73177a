#include "app/descriptors.h"

#include <dirent.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include "app/page_server.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

// What a daemon with everything switched on has open while it idles, its workers not counted: stdin, stdout, stderr and
// the log's own (4), the event loop (5), the journal's lock, cursor and end mark (3), listening sockets and the watch
// over their files (6), the spool (2), the ledger (4), bells and what libraries keep (4).
constexpr std::uint64_t kIdle = 28;
// What it opens while it works: segments that are written, read back and made, and their folder (4); a spool file, its
// rejected lines and their folder (3); the ledger's segment and temporary file (2); dead letters (3); the configuration
// at a reload, or the socket for a message to the service manager (1).
constexpr std::uint64_t kWork = 13;
// What each worker has: its poller and bells (4), and one for resolving a name (1).
constexpr std::uint64_t kWorker = 5;
// The least that is of use: a status beside a scrape of the metrics, and a few writers.
constexpr std::uint64_t kLeastPages = 2;
constexpr std::uint64_t kLeastWriters = 4;
constexpr std::uint64_t kMostPages = 2 * PageServer::kMaxConnections;

}  // namespace

std::uint64_t Descriptors::least(const config::Config& config, std::uint64_t taken) {
  return taken + kIdle + kWork + kLeastPages + kLeastWriters + config.delivery.workers * (kWorker + 1);
}

Result<Descriptors> Descriptors::share_out(const config::Config& config, std::uint64_t limit, std::uint64_t taken) {
  const std::uint64_t needed = least(config, taken);
  if (limit < needed) {
    return error(ErrorCode::kUnsupported, cat("the limit of open files is ", limit, ", and ", needed,
                                              " are the least that journal, spool, ledger, ", config.delivery.workers,
                                              " workers and a few writers need: ", remedy()));
  }
  // Of what is left, deliveries get up to a quarter, pages up to an eighth, and writers the rest.
  const std::uint64_t left = limit - needed;
  const std::uint64_t delivery =
      std::min<std::uint64_t>(config.delivery.max_connections - config.delivery.workers, (left + 3) / 4);
  const std::uint64_t pages = std::min(kMostPages - kLeastPages, left / 8);
  const std::uint64_t writers = kLeastWriters + left - delivery - pages;
  Descriptors shares;
  shares.limit_ = limit;
  shares.delivery_ = config.delivery.workers + static_cast<std::uint32_t>(delivery);
  shares.pages_ = static_cast<std::size_t>((kLeastPages + pages + 1) / 2);
  shares.writers_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(writers, ~std::uint32_t{0}));
  return shares;
}

config::Config Descriptors::bound(config::Config config) const {
  config.socket.max_connections = std::min(config.socket.max_connections, writers_);
  if (config.socket.max_connections_per_user > config.socket.max_connections) {
    config.socket.max_connections_per_user = config.socket.max_connections;
  }
  // The configuration may be a reloaded one. Each of its workers needs at least one connection.
  config.delivery.max_connections =
      std::min(config.delivery.max_connections, std::max(delivery_, config.delivery.workers));
  return config;
}

std::string Descriptors::shortage(const config::Config& config) const {
  const config::Config bounded = bound(config);
  std::string fewer;
  for (const auto& [key, wanted, got] :
       {std::tuple("socket.max_connections", config.socket.max_connections, bounded.socket.max_connections),
        {"delivery.max_connections", config.delivery.max_connections, bounded.delivery.max_connections}}) {
    if (got < wanted) {
      fewer += cat(fewer.empty() ? "" : ", ", got, " instead of ", wanted, " (", key, ")");
    }
  }
  return fewer.empty() ? fewer : cat(fewer, ", because the limit of open files is ", limit_);
}

std::string Descriptors::remedy() {
  return "raise LimitNOFILE= in respand.service (systemctl edit respand), or `ulimit -n` where no service manager "
         "starts it";
}

std::uint64_t open_descriptors(std::uint64_t limit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), ::closedir);
  std::uint64_t open = 0;
  while (const dirent* const entry = folder ? ::readdir(folder.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    std::uint64_t number = 0;
    const bool is_number = std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc{};
    if (is_number && number > 2 && number < limit && static_cast<int>(number) != ::dirfd(folder.get())) {
      ++open;
    }
  }
  return open;
}

}  // namespace respand::app
