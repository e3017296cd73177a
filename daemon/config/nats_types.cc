// The types of values under `nats`.

#include <algorithm>
#include <charconv>

#include "config/nats.h"
#include "config/network.h"
#include "config/schema.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

constexpr std::size_t kMostServers = 32;       // the cluster names its other servers itself
constexpr std::size_t kLongestStream = 255;    // JetStream's own limit, because it is a folder's name
constexpr std::size_t kLongestSubject = 1024;  // the server's limit for a whole line is 4096
constexpr std::string_view kUsualPort = ":4222";

bool letter_digit_or(std::string_view others, char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

// The server as Target takes it, with its port. Empty where the text is none.
std::string server_of(std::string_view text) {
  const auto parts = split_url(text);
  if (!parts || !parts->path.empty() || (parts->scheme != "nats" && parts->scheme != "tls")) {
    return {};
  }
  const std::string_view authority = text.substr(parts->scheme.size() + 3);
  const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string_view::npos;
  return cat(text, has_port ? "" : kUsualPort);
}

}  // namespace

std::string NatsServers::schema() { return schema::list_of(schema::or_variable(schema::text("^(nats|tls)://"))); }

bool read_value(const NatsServers& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  if (node.kind != Node::Kind::kList) {
    reader.wrong_kind(node, type.expects());
    return false;
  }
  if (node.items.size() > kMostServers) {
    reader.problem(node.place, cat("a list of at most ", kMostServers, " servers: a cluster names its others itself"));
    return false;
  }
  constexpr std::string_view kOne = "a server such as nats://10.0.0.1:4222 or tls://nats.example.org:4222";
  std::vector<std::string> servers;
  bool good = true;
  for (const Node& item : node.items) {
    const auto scalar = reader.scalar(item, kOne);
    if (!scalar) {
      good = false;
      continue;
    }
    const bool has_user = scalar->text.find('@') != std::string::npos;
    std::string server = server_of(scalar->text);
    if (server.empty()) {
      const std::string meant = cat("nats://", scalar->text);
      reader.wrong_text(item, *scalar,
                        has_user ? cat(kOne, ", without a user in it: credentials come from nats.credentials_file")
                                 : std::string(kOne),
                        has_user || server_of(meant).empty() ? "" : meant, has_user);
      good = false;
    } else if (std::find(servers.begin(), servers.end(), server) != servers.end()) {
      reader.problem(item.place, "this server is in the list twice");
      good = false;
    }
    servers.push_back(std::move(server));
  }
  if (good) {
    out = std::move(servers);
  }
  return good;
}

bool StreamName::parse(std::string_view text, std::string& out) {
  if (text.size() > kLongestStream ||
      !std::all_of(text.begin(), text.end(), [](char c) { return letter_digit_or("-_", c); })) {
    return false;
  }
  out = text;
  return true;
}

bool Subject::parse(std::string_view text, std::string& out) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '*' && c != '>'; });
  const bool empty_token = text.starts_with('.') || text.ends_with('.') || text.find("..") != std::string_view::npos;
  if (!plain || empty_token || text.starts_with('$') || text.size() > kLongestSubject) {
    return false;
  }
  out = text;
  return true;
}

bool ServerVersion::parse(std::string_view text, std::string& out) {
  std::string_view rest = text;
  for (int part = 0; part < 3; ++part) {
    std::uint16_t number = 0;
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (failure != std::errc{}) {
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (part < 2 ? !rest.starts_with('.') : !rest.empty()) {
      return false;
    }
    rest.remove_prefix(part < 2 ? 1 : 0);
  }
  out = text;
  return true;
}

}  // namespace respand::config
