#pragma once
// HeadJudge: judges a request by its head: who sends it, what it is for, whose key it bears, and how its body is
// encoded. io thread only.

#include <optional>
#include <string>
#include <string_view>

#include "respand/http1/inflate.h"
#include "respand/http1/request_reader.h"
#include "sockets/http_desk.h"
#include "sockets/http_replies.h"
#include "sockets/http_routes.h"

namespace respand::sockets {

// What a request is for, as its head says.
struct HttpIntent {
  Asked asked{};  // with views of the reader's head
  http1::Packing packing = http1::Packing::kNone;
  bool protobuf = false;
  std::optional<std::string> key{};  // the name of the key that it bears; "": the configuration's; none: no known key
  std::string allow_origin{};        // a header line for every answer to it; empty: none
  std::string read_path{};           // the API's path, if it is a read that goes on to the API; else empty
};

class HeadJudge {
 public:
  // All but `reach` is borrowed.
  HeadJudge(const HttpShared& shared, HttpReach reach, const http1::HttpRequestReader::Head& head)
      : shared_(shared), reach_(reach), head_(head) {}

  // Fills in `intent`. Returns the reply, which is sent after the body has been read, if the body's content does not
  // matter; status 0: it does, and the body is to be worked on. Counts requests that it refuses.
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
