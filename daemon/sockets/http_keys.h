#pragma once
// Which key a request over HTTP bears, so that its records go out under the same key. Keys are compared in a time that
// does not tell how much of one was guessed. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace respand::sockets {

struct HttpKeys {
  struct Named {
    std::string name;
    std::string secret;
  };
  std::vector<Named> named{};   // api.keys
  std::string own{};            // the API key of the configuration; empty: none
  std::string token{};          // http.token_file: it lets records in, but is no key of the API; empty: none
  bool refuse_unknown = false;  // http.unknown_key is reject, or there is a token
};

enum class Bearer : std::uint8_t {
  kNone,     // no Authorization at all
  kUnknown,  // none of ours
  kToken,    // http.token_file
  kOwn,      // the configuration's own key
  kNamed,    // one of api.keys
};
struct Borne {
  Bearer bearer = Bearer::kNone;
  std::string_view name{};  // of kNamed; a view of the keys
};
// Finds the key in the value of an Authorization header, which is empty where there is none. "Bearer" may be missing or
// stand there twice: some clients get it wrong either way.
[[nodiscard]] Borne bearer_of(const HttpKeys& keys, std::string_view authorization);

}  // namespace respand::sockets
