#pragma once
// A relay with a real journal over a file system in memory, a scripted client, and a consumer that gives out messages
// until they are acknowledged, as JetStream does. Relay and journal can be killed and made anew. One thread.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fleet/batch_message.h"
#include "fleet/relay.h"
#include "fleet/seen_records.h"
#include "journal/journal.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/nats/jetstream.h"
#include "tests/fleet/scripted_client.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fleet {

// A message of an edge's records [first, last].
inline std::string message_of(std::uint64_t journal, std::uint64_t first, std::uint64_t last, std::size_t size = 20) {
  BatchWriter writer;
  writer.begin(journal, "web-1");
  std::vector<std::string> payloads;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    const std::string payload = cat("{\"n\":", sequence, ",\"x\":\"", std::string(size, 'x'), "\"}");
    writer.add({Sequence{sequence}, WallTime{Duration{static_cast<Duration::rep>(sequence)}},
                journal::Kind::kCompletion, ApiRoute::kRecords, "", payload});
  }
  return writer.finish(true);
}

class RelayWorld {
 public:
  struct Message {
    std::string payload;
    bool acknowledged = false;
    bool given = false;  // and neither acknowledged nor given back
    std::uint64_t deliveries = 0;
  };

  RelayWorld() {
    settings.stream = "S";
    settings.consumer = "respand";
    settings.folder = "/j/fleet";
    journal_settings.directory = "/j";
    journal_settings.max_size = mebibytes(64);
    journal_settings.segment_size = mebibytes(1);
  }
  ~RelayWorld() { kill(); }

  // False where the journal can't be opened now.
  bool boot() {
    registry = std::make_unique<metrics::Registry>();
    auto opened = journal::Journal::open(journal_settings, fs, *registry, clock, random_);
    if (!opened) {
      return false;
    }
    journal = std::move(*opened);
    relay =
        std::make_unique<Relay>(settings, journal->writer(), journal->history(), journal->retention(), fs, *registry,
                                clock, [this](const nats::Target&, const Clock&, nats::Handler& handler) {
                                  auto made = std::make_unique<ScriptedClient>(handler);
                                  client = made.get();
                                  return made;
                                });
    relay->spool_pin().keep_from(Sequence{~0ULL});  // there is none
    for (Message& message : messages) {
      message.given = false;
    }
    client->go_up();
    step();
    return true;
  }
  // kill -9, or the power goes.
  void kill(bool power_cut = false) {
    if (journal != nullptr) {
      fs.power_off_at(1);  // what the destructors would still write never happens
    }
    // The journal gives back batches at its end, so the relay goes behind it.
    journal.reset();
    relay.reset();
    power_cut ? fs.crash(random_) : fs.crash_keeping_all();
  }
  void step() {
    relay->step(clock.mono());
    static_cast<void>(journal->step());
  }
  // The consumer's part: gives out messages that were asked for, and hears what becomes of them.
  void serve() {
    for (const ScriptedClient::Request& request : std::exchange(client->published, {})) {
      if (request.subject == "$JS.API.CONSUMER.MSG.NEXT.S.respand") {
        give_out(request);
      } else if (request.subject == "_RESPAND.RELAYS.S") {
        client->deliver(2, "", request.payload);  // it comes back to who has subscribed
      } else if (request.payload.starts_with("-NAK")) {
        ++naks;
        messages.at(number_of(request.subject) - 1).given = false;
      } else {
        EXPECT_EQ(request.payload, "+WPI");
        ++progress;
      }
    }
    for (const ScriptedClient::Request& request : std::exchange(client->requests, {})) {
      if (request.payload == "+ACK") {
        acknowledge(request);
      } else if (request.subject == "$JS.API.CONSUMER.INFO.S.respand") {
        client->answer(request.id, consumer_info);
      } else {
        client->answer(request.id, nats::ReplyResult::kTimeout);
      }
    }
  }
  void turn() {
    serve();
    step();
  }
  void run(int turns = 30) {
    for (; turns > 0; --turns) {
      turn();
    }
  }
  // How often each record of each edge is in the journal.
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> records() {
    journal::Ref ref;
    std::string attributes;
    std::string payload;
    for (int idle = 0; idle < 3; ++idle) {
      static_cast<void>(journal->step());
      while (journal->reader().take(ref)) {
        idle = 0;
        payload.clear();
        EXPECT_TRUE(journal->reader().append_request(ref, attributes, payload));
        const auto origin = StreamOrigin::decode(journal::find_attribute(attributes, journal::Tag::kStreamOrigin));
        EXPECT_TRUE(origin);
        EXPECT_EQ(origin->host, "web-1");
        EXPECT_TRUE(payload.starts_with(cat("{\"n\":", origin->sequence.value, ",")));
        ++count_[{origin->journal, origin->sequence.value}];
        clock.advance(Duration{1});
      }
    }
    return count_;
  }
  [[nodiscard]] bool all_acknowledged() const {
    return std::all_of(messages.begin(), messages.end(), [](const Message& one) { return one.acknowledged; });
  }

  Relay::Settings settings;
  journal::Settings journal_settings;
  ManualClock clock;
  fs::FaultFileSystem fs;
  std::unique_ptr<metrics::Registry> registry;
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<Relay> relay;
  ScriptedClient* client = nullptr;
  std::vector<Message> messages;
  std::string headers;  // of each message
  int naks = 0;
  int progress = 0;
  bool confirm = true;  // acknowledgements reach the server and are answered
  std::string consumer_info =
      R"({"type":"io.nats.jetstream.api.v1.consumer_info_response","stream_name":"S","name":"respand",)"
      R"("created":"2026-11-29T20:00:00Z","config":{"durable_name":"respand","ack_policy":"explicit",)"
      R"("deliver_policy":"all","ack_wait":30000000000,"max_deliver":-1},"num_pending":5,"num_ack_pending":2,)"
      R"("num_redelivered":1})";

 private:
  static std::uint64_t number_of(std::string_view reply) { return nats::read_delivery(reply)->stream_sequence; }

  void give_out(const ScriptedClient::Request& request) {
    const std::size_t at = request.payload.find("\"batch\":") + 8;
    int batch = std::stoi(request.payload.substr(at));
    for (std::size_t i = 0; i < messages.size() && batch > 0; ++i) {
      Message& message = messages[i];
      if (!message.acknowledged && !message.given) {
        message.given = true;
        --batch;
        client->deliver(1,
                        cat("$JS.ACK.S.respand.", ++message.deliveries, ".", i + 1, ".", ++consumer_sequence_, ".1.0"),
                        message.payload, 0, headers);
      }
    }
    if (batch > 0) {
      client->deliver(1, "", "", 408, "NATS/1.0 408 Request Timeout\r\n\r\n");
    }
  }
  void acknowledge(const ScriptedClient::Request& request) {
    if (!confirm) {
      client->answer(request.id, nats::ReplyResult::kTimeout);
      return;
    }
    messages.at(number_of(request.subject) - 1).acknowledged = true;
    client->answer(request.id, "");
  }

  SeededRandom random_{5};
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> count_;
  std::uint64_t consumer_sequence_ = 0;
};

}  // namespace respand::fleet
