#pragma once
// Exchange: one request over HTTP/2 and its answer, from start() to the answer that the caller gets, over whichever
// connections it goes. Its memory is used again for the next one. Used by H2Engine, H2Connection and H2Session; one
// thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/answer_reader.h"
#include "http/gzip.h"
#include "http/post.h"
#include "http/route.h"
#include "respand/base/clock.h"
#include "respand/http/client.h"

namespace respand::http {

class H2Connection;

struct Exchange {
  Post post{};
  std::string packed{};     // the payload in gzip, where the target asks for that
  std::string_view body{};  // what is sent: the payload, or `packed`
  MonoTime started{};       // when start() was called
  MonoTime deadline{};      // when its time is over
  std::size_t place = 0;    // among the engine's exchanges
  bool no_memory = false;   // to compress it
  int tries = 0;            // connections that did not process it

  // Of its present try.
  H2Connection* connection = nullptr;  // null: it waits for one
  std::int32_t stream = 0;
  std::size_t sent = 0;    // bytes of the body
  MonoTime could_leave{};  // when it went to its connection
  MonoTime first_byte{};   // when the answer began; 0: not yet
  int status = 0;          // of the last block of headers; 0: none
  bool ended = false;      // the answer is whole
  bool too_large = false;  // its headers are
  AnswerReader reader{};

  // When the progress of a large body is looked at next, and what had moved before.
  MonoTime look_at{};
  std::size_t moved = 0;  // bytes, in both directions
  std::size_t moved_before = 0;

  // Makes it ready for its first try. Where there is no memory for compressing it, `no_memory` is set, and it is
  // overdue.
  void begin(Post next, const Route& route, Gzip& gzip, MonoTime now);
  // Makes it ready for another try.
  void begin_again();
  // Whether its time is over at `now`, or it has been stuck for request_timeout.
  [[nodiscard]] bool overdue(const Route& route, MonoTime now);
  // When overdue() is to be asked again.
  [[nodiscard]] MonoTime due() const { return deadline < look_at ? deadline : look_at; }
  // The answer, with what both good ones and failures have; the payload goes with it.
  [[nodiscard]] Answer take_answer(const Route& route, MonoTime now);
};

}  // namespace respand::http
