#pragma once
// Judges a request by its head: who sends it, what it is for, and in what its body comes. io thread only.

#include <optional>
#include <string>
#include <string_view>

#include "respand/http1/inflate.h"
#include "respand/http1/request_reader.h"
#include "sockets/http_desk.h"
#include "sockets/http_replies.h"
#include "sockets/http_routes.h"

namespace respand::sockets {

// What a request is about, as its head says.
struct HttpIntent {
  Asked asked{};  // its views are of the reader's head
  http1::Packing packing = http1::Packing::kNone;
  bool protobuf = false;
  std::optional<std::string> key{};  // the name of that which it bears; "": the configuration's; nothing: none
  std::string allow_origin{};        // a header for each answer to it; empty: none
  std::string read_path{};           // where it goes to the API; empty: it does not
};

class HeadJudge {
 public:
  // All but `reach` is borrowed.
  HeadJudge(const HttpShared& shared, HttpReach reach, const http1::HttpRequestReader::Head& head)
      : shared_(shared), reach_(reach), head_(head) {}

  // What is to be said once the body has gone by, where its content does not matter; status 0: it does. What is refused
  // is counted. `intent` is filled in.
  [[nodiscard]] HttpReply judge(HttpIntent& intent) const;

 private:
  [[nodiscard]] HttpReply judge_sender(HttpIntent& intent) const;
  [[nodiscard]] HttpReply judge_target(HttpIntent& intent) const;
  [[nodiscard]] HttpReply judge_key(HttpIntent& intent) const;
  [[nodiscard]] HttpReply judge_read() const;
  [[nodiscard]] HttpReply judge_body(HttpIntent& intent) const;
  [[nodiscard]] HttpReply preflight() const;
  [[nodiscard]] HttpReply ready(bool intake_only) const;
  [[nodiscard]] HttpReply not_served(const Asked& asked) const;

  const HttpShared& shared_;
  const HttpReach reach_;
  const http1::HttpRequestReader::Head& head_;
};

}  // namespace respand::sockets
