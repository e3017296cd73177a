#include "nats/commands.h"

#include <array>
#include <charconv>

#include "respand/base/text.h"
#include "respand/base/version.h"
#include "respand/json/writer.h"

namespace respand::nats {
namespace {

constexpr std::string_view kVersionLine = "NATS/1.0\r\n";
constexpr std::string_view kEnd = "\r\n";

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// Bytes of the whole block; 0: there is none.
std::size_t block_size(std::string_view headers) {
  return headers.empty() ? 0 : kVersionLine.size() + headers.size() + kEnd.size();
}

}  // namespace

void append_connect(std::string& out, const ConnectOptions& options) {
  json::Object object;
  // Foreign text is made valid UTF-8, which JSON needs.
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      object.member(name, printable(value, value.size()));
    }
  };
  object.member("verbose", false).member("pedantic", false).member("tls_required", options.tls);
  text("name", options.name);
  text("jwt", options.jwt);
  text("nkey", options.nkey);
  text("sig", options.signature);
  text("user", options.user);
  text("pass", options.password);
  text("auth_token", options.token);
  object.member("lang", "respand").member("version", RESPAND_VERSION).member("protocol", 1);
  object.member("echo", true).member("headers", true).member("no_responders", true);
  out.append("CONNECT ").append(object.text()).append(kEnd);
}

std::size_t message_size(std::string_view headers, std::string_view payload) {
  return block_size(headers) + payload.size();
}

void append_publish(std::string& out, std::string_view subject, std::string_view reply, std::string_view headers,
                    std::string_view payload) {
  out.append(headers.empty() ? "PUB " : "HPUB ").append(subject).push_back(' ');
  if (!reply.empty()) {
    out.append(reply).push_back(' ');
  }
  if (!headers.empty()) {
    append_number(out, block_size(headers));
    out.push_back(' ');
  }
  append_number(out, message_size(headers, payload));
  out.append(kEnd);
  if (!headers.empty()) {
    out.append(kVersionLine).append(headers).append(kEnd);
  }
  out.append(payload).append(kEnd);
}

void append_subscribe(std::string& out, std::string_view subject, std::string_view queue_group, std::uint64_t sid) {
  out.append("SUB ").append(subject).push_back(' ');
  if (!queue_group.empty()) {
    out.append(queue_group).push_back(' ');
  }
  append_number(out, sid);
  out.append(kEnd);
}

void append_unsubscribe(std::string& out, std::uint64_t sid) {
  out.append("UNSUB ");
  append_number(out, sid);
  out.append(kEnd);
}

}  // namespace respand::nats
