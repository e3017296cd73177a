#pragma once
// KeyOrigin: where the API key came from, for whoever has to change it there. A value; any thread.

#include <cstdint>
#include <string>

namespace respand::config {

// Where api.key came from.
struct KeyOrigin {
  enum class Kind : std::uint8_t {
    kNone,           // there is no key
    kFile,           // api_key_file, or kDefaultKeyFile
    kConfiguration,  // api_key in a file of the configuration
    kCredential,     // a file that systemd has handed over
    kEnvironment,
  };
  Kind kind = Kind::kNone;  // in which way it was given
  std::string place{};      // the path of the file; of kEnvironment the name of the variable
  // For people: "file /etc/respand/api_key", "api_key in /etc/respand/respand.yaml", "environment RESPAN_API_KEY".
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const KeyOrigin&, const KeyOrigin&) = default;
};

}  // namespace respand::config
