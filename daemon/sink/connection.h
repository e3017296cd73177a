#pragma once
// One connection of the sink: it reads requests, gets their verdicts and carries them out. Sink's thread. At any time
// exactly one operation is pending (a read, the timer, the end of the turn or a write), and it owns the connection.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/http1/request_reader.h"
#include "sink/answer.h"
#include "sink/batch.h"
#include "sink/outputs.h"
#include "sink/script.h"
#include "sink/sink.h"
#include "sink/tally.h"

namespace respand::sink {

class Connection;

// What the connections share. It outlives them.
struct Shared {
  explicit Shared(Rules rules, std::uint64_t seed) : script(std::move(rules), seed) {}
  Script script;
  Tally tally;
  Outputs outputs;
  record::RecordParser parser;
  Sink::Hook hook;
  std::vector<std::shared_ptr<Connection>> turn;  // have answers to send at the end of this turn of the event loop
  std::function<void()> end_turn_soon;            // this turn has something to write
  std::function<void()> on_gone;                  // a connection is gone
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() { read(); }
  // At the end of a turn: sends the answers.
  void write();

 private:
  enum class State : std::uint8_t {
    kServing,
    kDelaying,  // the verdict waits for the timer
    kEnding,    // the answers in out_ are the last ones; then drain
    kCutting,   // the answers in out_ are the last ones; then close at once
    kDraining,  // what still comes is discarded, so that a close does not reset what the client has not read
    kClosed,
  };
  void read();
  void consume();
  // Serves the request that reader_ has read. The reader may go on to the next one when this has returned.
  void serve();
  // The status that the request earns by itself: a refusal, or 200. Fills in items_ where its body was looked at.
  [[nodiscard]] int own_status();
  [[nodiscard]] int routed_status();
  [[nodiscard]] int single_status();
  [[nodiscard]] int batch_status();
  void note();
  void carry_out();
  void on_written();
  void go_on();
  void close();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Shared& shared_;
  http1::HttpRequestReader reader_;
  bool continue_due_ = false;  // the client waits for 100 Continue before it sends the body
  State state_ = State::kServing;
  Verdict verdict_;          // of the request being served
  std::vector<Item> items_;  // its records; their views hold while it is served
  std::vector<record::RecordFields> taken_;
  Ending ending_;           // of its answer
  std::uint64_t open_ = 0;  // requests read and not answered
  std::vector<char> in_;
  std::size_t held_ = 0;  // bytes at the front of in_ that are not used yet
  std::string out_;
};

}  // namespace respand::sink
