#pragma once
// An edge with a journal and a file system in memory, a scripted client, and a stream that answers as JetStream does,
// until the test says otherwise. The edge can be killed and made anew; journal, files and stream stay. One thread.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/batch_message.h"
#include "fleet/edge.h"
#include "respand/base/text.h"
#include "respand/nats/jetstream.h"
#include "tests/fleet/journal_double.h"
#include "tests/fleet/scripted_client.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fleet {

// A stream. `says`: what it answers instead of storing; empty: it stores.
struct StreamDouble {
  struct Message {
    std::string id;
    std::string payload;
  };
  std::string subjects = R"(["respand.>"])";
  std::string more;      // of its configuration
  bool missing = false;  // what STREAM.INFO says
  std::string created = "2026-11-29T20:00:00.5Z";
  std::vector<Message> messages;
  std::map<std::string, std::uint64_t> known;  // ids, and the sequences of their messages
  int replicas = 3;
  std::uint64_t first = 1;  // sequence of the first message that no relay has acknowledged

  std::string store(const ScriptedClient::Request& request) {
    EXPECT_EQ(nats::find_header(cat("NATS/1.0\r\n", request.headers, "\r\n"), "Nats-Expected-Stream"), "S");
    const std::string id(nats::find_header(cat("NATS/1.0\r\n", request.headers, "\r\n"), "Nats-Msg-Id"));
    EXPECT_FALSE(id.empty());
    if (const auto found = known.find(id); found != known.end()) {
      EXPECT_TRUE(messages[found->second - 1].payload == request.payload) << "one id, two contents: " << id;
      return cat(R"({"stream":"S","seq":)", found->second, R"(,"duplicate":true})");
    }
    messages.push_back({id, request.payload});
    known[id] = messages.size();
    return cat(R"({"stream":"S","seq":)", messages.size(), "}");
  }
  [[nodiscard]] std::string info() const {
    if (missing) {
      return R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})";
    }
    return cat(R"({"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"S","subjects":)", subjects,
               ',', more, R"("retention":"workqueue","storage":"file","discard":"new","num_replicas":)", replicas,
               R"(,"max_age":0,"max_bytes":1000000,"max_msgs":-1,"max_msg_size":900,"duplicate_window":120000000000},)",
               R"("created":")", created, R"(","state":{"messages":)", messages.size(), R"(,"bytes":10,"first_seq":)",
               first, R"(,"last_seq":)", messages.size(), R"(,"first_ts":"2026-11-29T20:00:01Z"}})");
  }
  // How often each record is in the stream, by its sequence in the edge's journal.
  [[nodiscard]] std::map<std::uint64_t, int> records() const {
    std::map<std::uint64_t, int> count;
    for (const Message& message : messages) {
      const auto batch = read_batch(message.payload);
      EXPECT_TRUE(batch);
      for (const BatchRecord& record : batch->records) {
        ++count[record.sequence.value];
      }
    }
    return count;
  }
};

inline std::string api_error(int code, int err_code, std::string_view words = "no") {
  return cat(R"({"error":{"code":)", code, R"(,"err_code":)", err_code, R"(,"description":")", words, "\"}}");
}

class EdgeWorld {
 public:
  EdgeWorld() {
    settings.stream = "S";
    settings.subject = "respand.web-1";
    settings.host = "web-1";
    settings.folder = "/d/fleet";
    settings.batch = {10, 1000, std::chrono::milliseconds{20}};
    settings.max_in_flight = 3;
  }
  ~EdgeWorld() { kill(); }

  void boot() {
    registry = std::make_unique<metrics::Registry>();
    journal.restart();
    edge = std::make_unique<Edge>(
        settings, journal,
        JournalView{7, [this](Sequence sequence) { return journal.is_open(sequence); },
                    [this] { return journal.open(); }},
        [this](const TooLargeRecord& record) { return bury(record); }, fs, *registry, clock,
        [this](const nats::Target&, const Clock&, nats::Handler& handler) {
          auto made = std::make_unique<ScriptedClient>(handler);
          client = made.get();
          return made;
        });
    client->go_up();
    step();
  }
  // kill -9: the files stay as they are.
  void kill() {
    edge.reset();
    journal.forget_reader();
    fs.crash_keeping_all();
  }
  // Turns until the edge would wait for something.
  void step() {
    for (int turn = 0; turn == 0 || (client->deadline <= clock.mono() && turn < 1000); ++turn) {
      edge->step();
    }
  }
  // Lets what was gathered go out.
  void linger() {
    step();
    clock.advance(std::chrono::milliseconds{21});
    step();
  }
  // Requests to publish, without those of STREAM.INFO, which are answered.
  std::vector<ScriptedClient::Request> publications() {
    std::vector<ScriptedClient::Request> out;
    for (ScriptedClient::Request& request : std::exchange(client->requests, {})) {
      if (request.subject == "$JS.API.STREAM.INFO.S") {
        client->answer(request.id, stream.info());
      } else {
        EXPECT_EQ(request.subject, "respand.web-1");
        out.push_back(std::move(request));
      }
    }
    return out;
  }
  // Lets the edge hear what the stream is.
  void learn() {
    step();
    EXPECT_TRUE(publications().empty());
    step();
  }
  void store_all() {
    for (const ScriptedClient::Request& request : publications()) {
      client->answer(request.id, stream.store(request));
    }
    step();
  }
  // So many new records become messages, and each is stored.
  void store_more(std::size_t records) {
    journal.add_many(records);
    linger();
    store_all();
  }
  // Runs until all is on the stream.
  void finish() {
    for (int turn = 0; turn < 1000 && journal.open() > 0; ++turn) {
      store_all();
      clock.advance(std::chrono::milliseconds{500});
      step();
    }
    EXPECT_EQ(journal.open(), 0U);
  }
  [[nodiscard]] double tried(std::string_view outcome) const {
    return registry->sum("respand_nats_published_total", {{"outcome", outcome}});
  }

  Edge::Settings settings;
  ManualClock clock;
  fs::FaultFileSystem fs;
  JournalDouble journal;
  StreamDouble stream;
  std::unique_ptr<metrics::Registry> registry;
  std::unique_ptr<Edge> edge;
  ScriptedClient* client = nullptr;
  std::vector<std::string> buried;  // why
  bool grave_open = true;

 private:
  Status bury(const TooLargeRecord& record) {
    if (!grave_open) {
      return error(ErrorCode::kNoSpace, "full");
    }
    buried.push_back(record.why);
    return {};
  }
};

}  // namespace respand::fleet
