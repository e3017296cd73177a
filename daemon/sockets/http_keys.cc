#include "sockets/http_keys.h"

#include <cstddef>

#include "respand/base/trim.h"

namespace respand::sockets {
namespace {

// All bytes of what was given are compared, whatever they are, so that the time shows only the length of the key.
bool same(std::string_view given, std::string_view secret) {
  const volatile bool differs_in_length = given.size() != secret.size();
  volatile unsigned char differs = differs_in_length ? 1 : 0;
  for (std::size_t i = 0; i < given.size() && !secret.empty(); ++i) {
    const auto a = static_cast<unsigned char>(given[i]);
    const auto b = static_cast<unsigned char>(secret[i % secret.size()]);
    differs = static_cast<unsigned char>(differs | (a ^ b));
  }
  return differs == 0 && !secret.empty();
}

bool is_scheme(std::string_view text) {
  constexpr std::string_view kBearer = "bearer ";
  if (text.size() < kBearer.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kBearer.size(); ++i) {
    const char c = text[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != kBearer[i]) {
      return false;
    }
  }
  return true;
}

// Of a header's value, whose line ends are not part of it.
constexpr std::string_view kHeaderSpace = " \t";

}  // namespace

Borne bearer_of(const HttpKeys& keys, std::string_view authorization) {
  std::string_view given = trimmed(authorization, kHeaderSpace);
  while (is_scheme(given)) {
    given = trimmed(given.substr(given.find(' ')), kHeaderSpace);
  }
  // "Bearer" alone is what a client sends whose key is an empty variable.
  if (given.empty() || is_scheme(std::string(given) + ' ')) {
    return {};
  }
  Borne borne{Bearer::kUnknown, {}};
  // All keys are compared, even after one was found, so that the time does not tell which.
  if (same(given, keys.token)) {
    borne = {Bearer::kToken, {}};
  }
  if (same(given, keys.own)) {
    borne = {Bearer::kOwn, {}};
  }
  for (const HttpKeys::Named& key : keys.named) {
    if (same(given, key.secret)) {
      borne = {Bearer::kNamed, key.name};
    }
  }
  return borne;
}

}  // namespace respand::sockets
