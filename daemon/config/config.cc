#include "respand/config/config.h"

#include "config/network.h"
#include "respand/base/text.h"

namespace respand::config {

std::string Api::url_of(std::string_view relative) const {
  std::string url = base_url;
  url.erase(url.find_last_not_of('/') + 1);
  // The host may be called "api" too: only the path counts.
  const auto parts = split_url(url);
  if (!parts || !parts->path.ends_with("/api")) {
    url += "/api";
  }
  return cat(url, '/', relative.substr(std::min(relative.find_first_not_of('/'), relative.size())));
}

std::string Problem::to_string() const {
  return line == 0 ? cat(file, ": ", message) : cat(file, ':', line, ':', column, ": ", message);
}

}  // namespace respand::config
