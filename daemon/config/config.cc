#include "respand/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>

#include "config/network.h"
#include "respand/base/text.h"

namespace respand::config {

std::string KeyOrigin::to_string() const {
  switch (kind) {
    case Kind::kNone:
      return {};
    case Kind::kFile:
      return cat("file ", place);
    case Kind::kConfiguration:
      return cat("api_key in ", place);
    case Kind::kCredential:
      return cat("credential ", place);
    case Kind::kEnvironment:
      return cat("environment ", place);
  }
  return {};
}

std::string dimension_name(std::string_view pointer) {
  std::string name;
  for (const char c : pointer.substr(std::min(pointer.rfind('/') + 1, pointer.size()))) {
    if (!name.empty() && name.back() == '~' && (c == '0' || c == '1')) {
      name.back() = c == '0' ? '~' : '/';
    } else {
      name += c;
    }
  }
  return name;
}

std::vector<std::string> Costs::pointers() const {
  std::vector<std::string> pointers = dimensions;
  pointers.erase(std::remove(pointers.begin(), pointers.end(), kHostDimension), pointers.end());
  return pointers;
}

bool Costs::by_host() const {
  return std::find(dimensions.begin(), dimensions.end(), kHostDimension) != dimensions.end();
}

std::string host_name() {
  const char* const given = std::getenv("HOSTNAME");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if (given != nullptr && *given != '\0') {
    return given;
  }
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

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
