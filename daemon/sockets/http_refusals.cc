#include "sockets/http_refusals.h"

#include "respand/base/text.h"

namespace respand::sockets {
namespace {

// How much of a client's text goes into a log line.
constexpr std::size_t kMostText = 200;

}  // namespace

void HttpRefusals::count(unsigned status, std::string_view route) {
  const auto key = std::pair(status, std::string(route));
  auto found = counters_.find(key);
  if (found == counters_.end()) {
    const std::string code = std::to_string(status);
    found = counters_
                .emplace(key, registry_.counter("respand_http_refused_total", "HTTP requests refused at the door",
                                                {{"status", code}, {"route", route}}))
                .first;
  }
  found->second.add();
}

log::LogThrottle& HttpRefusals::gate_of(const std::string& path) {
  const auto found = gates_.find(path);
  if (found != gates_.end()) {
    return found->second;
  }
  return gates_.size() < kMostPaths ? gates_.try_emplace(path, kSaidEach).first->second : others_;
}

void HttpRefusals::note_unknown_key(std::string_view path, std::string_view user_agent) {
  if (unknown_keys_.open(clock_.mono())) {
    log::warning("a client has a key that is not known, or none: what it sends is refused (401)",
                 {{"path", printable(path, kMostText)},
                  {"user_agent", printable(user_agent, kMostText)},
                  {"held_back", unknown_keys_.held_back()}});
  }
}

void HttpRefusals::note_unserved(std::string_view method, std::string_view path, std::string_view user_agent) {
  const std::string shown = printable(path, kMostText);
  const std::string agent = printable(user_agent, kMostText);
  if (method == "POST") {
    unserved_ = {shown, agent, unserved_.requests + 1, clock_.wall()};
  }
  if (log::LogThrottle& gate = gate_of(shown); gate.open(clock_.mono())) {
    log::warning(
        "a client asks for a path that is not served: what it sends there is refused (404)",
        {{"method", printable(method, 16)}, {"path", shown}, {"user_agent", agent}, {"held_back", gate.held_back()}});
  }
}

}  // namespace respand::sockets
