#pragma once
// What is special about the keys of a NATS cluster: the types of their values (in the form of those in types.h), the
// credentials, and which keys fit together. No message here holds credentials. Used by keys.cc, load.cc and
// credential.cc; main thread.

#include <string>
#include <string_view>
#include <vector>

#include "config/keys.h"
#include "config/lists.h"
#include "config/types.h"
#include "config/written.h"

namespace respand::config {

// Addresses of servers; the port may be left out (4222).
struct NatsServers {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "a list of servers such as [nats://10.0.0.1:4222]"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value) { return Pointers::show(value); }
};
bool read_value(const NatsServers& type, const Node& node, Reader& reader, std::vector<std::string>& out);

// A stream's name, as JetStream takes it. Empty: none.
struct StreamName : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() { return "a stream's name of letters, digits, '-' and '_'"; }
  [[nodiscard]] static std::string schema() { return schema::text_or_number("^[A-Za-z0-9_-]*$"); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
};

// A subject without wildcards. Empty: the default.
struct Subject : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() {
    return "a subject without wildcards and white space such as respand.web-1";
  }
  [[nodiscard]] static std::string schema() { return schema::text("^[^ *>]*$"); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
};

// "2.10.23". It is printed in quotes, so that no version becomes a number.
struct ServerVersion : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() { return "a version such as \"2.10.23\""; }
  [[nodiscard]] static std::string schema() { return schema::text("^[0-9]+[.][0-9]+[.][0-9]+$"); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value) { return "\"" + value + "\""; }
};

// Reads what nats.credentials_file or nats.nkey_file holds into nats.credentials of the draft, or, where none of them
// is set, $CREDENTIALS_DIRECTORY/nats_creds.
void find_nats_credentials(Draft& draft, const Written& written, const Environment& environment, Report& report);

// Checks the keys against each other, and completes what is not written: credentials, subject, the host's name. Without
// `destination: nats` and `source: nats` nothing is read.
void complete_nats(Draft& draft, const Written& written, const Environment& environment, Report& report);

}  // namespace respand::config
