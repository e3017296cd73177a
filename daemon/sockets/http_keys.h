#pragma once
// Whose key a request over HTTP bears, so that what it brings goes out under the same. Keys are compared in a time that
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
  std::string token{};          // http.token_file: lets in, is nobody's key; empty: none
  bool refuse_unknown = false;  // http.unknown_key: reject, or there is a token
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
// By the value of an Authorization header; empty: there is none. "Bearer" may be missing, or stand there twice, as
// clients get that wrong in both ways.
[[nodiscard]] Borne bearer_of(const HttpKeys& keys, std::string_view authorization);

}  // namespace respand::sockets
