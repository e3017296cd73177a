// JetStream's API as values: what is sent is what the server documents, and what comes is read or refused.

#include "respand/nats/jetstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::nats {
namespace {

using ::testing::ElementsAre;

TEST(PubAck, IsReadOrRefused) {
  const auto ack = read_pub_ack(R"({"stream":"R","domain":"hub","seq":17,"duplicate": true})");
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->stream, "R");
  EXPECT_EQ(ack->sequence, 17U);
  EXPECT_TRUE(ack->duplicate);
  EXPECT_FALSE(ack->error);
  const auto refused = read_pub_ack(
      R"({"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"R","seq":0})");
  ASSERT_TRUE(refused && refused->error);
  EXPECT_EQ(refused->error->code, 503);
  EXPECT_EQ(refused->error->err_code, 10077);
  EXPECT_EQ(refused->error->description, "maximum messages exceeded");
  const auto in_process = read_pub_ack(R"({"stream":"R", "seq":0,"duplicate": true})");
  ASSERT_TRUE(in_process && in_process->error) << "an id that a cluster of 2.10 has not stored yet";
  EXPECT_EQ(in_process->error->err_code, kInProcess);
  for (const std::string& text :
       {std::string(),
        std::string("{}"),
        std::string("+OK"),
        std::string("null"),
        std::string("[]"),
        std::string(R"({"stream":"R"})"),
        std::string(R"({"seq":1})"),
        std::string(R"({"stream":"","seq":1})"),
        std::string(R"({"stream":"R","seq":0})"),
        std::string(R"({"stream":"R","seq":-1})"),
        std::string(R"({"stream":"R","seq":1.5})"),
        std::string(R"({"stream":"R","seq":"1"})"),
        std::string(R"({"stream":"R","seq":18446744073709551616})"),
        std::string(R"({"stream":7,"seq":1})"),
        std::string(R"({"stream":"R","seq":1)"),
        std::string(R"({"stream":"R","seq":1}x)"),
        std::string(R"({"error":{}})"),
        std::string(R"({"error":7})"),
        std::string(R"({"error":{"code":"x"}})"),
        R"({"stream":"R","seq":1,"x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}",
        R"({"stream":"R","seq":1,"x":")" + std::string(2'000'000, 'x') + "\"}"}) {
    const auto read = read_pub_ack(text);
    ASSERT_FALSE(read) << text.substr(0, 60);
    EXPECT_NE(read.error().message.find("PubAck"), std::string::npos);
  }
  const auto long_words = read_pub_ack(cat(R"({"error":{"code":1,"description":")", std::string(1000, 'd'), "\"}}"));
  ASSERT_TRUE(long_words && long_words->error);
  EXPECT_LE(long_words->error->description.size(), 259U);
}

TEST(StreamInfo, IsRead) {
  const auto info = read_stream_info(
      R"({"type":"io.nats.jetstream.api.v1.stream_info_response","total":0,"offset":0,"limit":0,"config":{"name":"R",)"
      R"("subjects":["r.>","s"],"retention":"workqueue","max_consumers":-1,"max_msgs":-1,"max_bytes":2147483648,)"
      R"("max_age":86400000000000,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"new","storage":"file",)"
      R"("num_replicas":3,"duplicate_window":120000000000,"compression":"none","allow_direct":false},)"
      R"("created":"2026-11-29T21:00:00.123456789Z","state":{"messages":2,"bytes":90,"first_seq":4,)"
      R"("first_ts":"2026-11-29T21:00:01Z","last_seq":5,"last_ts":"2026-11-29T21:00:02Z","num_subjects":1,)"
      R"("consumer_count":1},"cluster":{"name":"c","leader":"n2","replicas":[{"name":"n1","current":true,"active":1},)"
      R"({"name":"n3","current":false,"offline":true,"active":1,"lag":5}]},"ts":"2026-11-29T21:00:03Z"})");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_FALSE(info->error);
  const StreamConfig& config = info->value.config;
  EXPECT_EQ(config.name, "R");
  EXPECT_THAT(config.subjects, ElementsAre("r.>", "s"));
  EXPECT_EQ(config.retention, "workqueue");
  EXPECT_EQ(config.storage, "file");
  EXPECT_EQ(config.discard, "new");
  EXPECT_EQ(config.replicas, 3);
  EXPECT_EQ(config.max_age_ns, 86'400'000'000'000);
  EXPECT_EQ(config.max_bytes, 2'147'483'648);
  EXPECT_EQ(config.max_messages, -1);
  EXPECT_EQ(config.max_message_size, -1);
  EXPECT_EQ(config.duplicate_window_ns, 120'000'000'000);
  EXPECT_EQ(info->value.created, "2026-11-29T21:00:00.123456789Z");
  EXPECT_EQ(info->value.messages, 2U);
  EXPECT_EQ(info->value.bytes, 90U);
  EXPECT_EQ(info->value.first_sequence, 4U);
  EXPECT_EQ(info->value.last_sequence, 5U);
  EXPECT_EQ(info->value.first_time, "2026-11-29T21:00:01Z");
  EXPECT_EQ(info->value.leader, "n2");
  EXPECT_EQ(info->value.current_replicas, 1);
}

TEST(StreamInfo, ErrorsAreReadAndTheRestIsRefused) {
  const auto none =
      read_stream_info(R"({"type":"t","error":{"code":404,"err_code":10059,"description":"stream not found"}})");
  ASSERT_TRUE(none && none->error);
  EXPECT_EQ(none->error->err_code, 10059);
  for (const char* text :
       {"", "{}", R"({"config":{"name":"R"}})", R"({"created":"x"})", R"({"config":[],"created":"x"})",
        R"({"config":{"name":"R","num_replicas":99999999999},"created":"x"})",
        R"({"config":{"name":"R","subjects":["a",7]},"created":"x"})",
        R"({"config":{"name":"R"},"created":"x","state":{"messages":-1}})",
        R"({"config":{"name":"R"},"created":"x","cluster":{"replicas":[7]}})"}) {
    EXPECT_FALSE(read_stream_info(text)) << text;
  }
}

TEST(ConsumerInfo, IsRead) {
  const auto info = read_consumer_info(
      R"({"type":"t","stream_name":"R","name":"respand","created":"2026-11-29T21:00:00Z","config":{"durable_name":)"
      R"("respand","name":"respand","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,)"
      R"("max_deliver":-1,"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"num_replicas":0},)"
      R"("delivered":{"consumer_seq":1,"stream_seq":1},"ack_floor":{"consumer_seq":0,"stream_seq":0},)"
      R"("num_ack_pending":1,"num_redelivered":2,"num_waiting":0,"num_pending":3})");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->value.config.name, "respand");
  EXPECT_EQ(info->value.config.ack_policy, "explicit");
  EXPECT_EQ(info->value.config.deliver_policy, "all");
  EXPECT_EQ(info->value.config.ack_wait_ns, 30'000'000'000);
  EXPECT_EQ(info->value.config.max_deliver, -1);
  EXPECT_EQ(info->value.config.max_ack_pending, 1000);
  EXPECT_FALSE(info->value.config.push);
  EXPECT_EQ(info->value.ack_pending, 1U);
  EXPECT_EQ(info->value.redelivered, 2U);
  EXPECT_EQ(info->value.pending, 3U);
  const auto push = read_consumer_info(R"({"name":"p","config":{"deliver_subject":"x"}})");
  ASSERT_TRUE(push);
  EXPECT_TRUE(push->value.config.push);
  EXPECT_EQ(push->value.config.name, "p");
  EXPECT_FALSE(read_consumer_info("{}"));
  EXPECT_FALSE(read_consumer_info(R"({"name":"p","num_pending":-3})"));
}

TEST(Requests, AreAsTheApiWantsThem) {
  EXPECT_EQ(stream_info_subject("R"), "$JS.API.STREAM.INFO.R");
  EXPECT_EQ(stream_create_subject("R"), "$JS.API.STREAM.CREATE.R");
  EXPECT_EQ(stream_update_subject("R"), "$JS.API.STREAM.UPDATE.R");
  EXPECT_EQ(consumer_info_subject("R", "c"), "$JS.API.CONSUMER.INFO.R.c");
  EXPECT_EQ(consumer_create_subject("R", "c"), "$JS.API.CONSUMER.CREATE.R.c");
  EXPECT_EQ(next_subject("R", "c"), "$JS.API.CONSUMER.MSG.NEXT.R.c");
  StreamConfig stream;
  stream.name = "R";
  stream.subjects = {"r.>", "quote\""};
  stream.retention = "workqueue";
  stream.storage = "file";
  stream.discard = "new";
  stream.replicas = 3;
  EXPECT_EQ(create_request(stream),
            R"({"name":"R","subjects":["r.>","quote\""],"retention":"workqueue","storage":"file","discard":"new",)"
            R"("num_replicas":3,"max_age":0,"max_bytes":-1,"max_msgs":-1,"max_msg_size":-1,"max_msgs_per_subject":-1,)"
            R"("max_consumers":-1,"duplicate_window":0})");
  ConsumerConfig consumer;
  consumer.name = "c";
  consumer.ack_policy = "explicit";
  consumer.deliver_policy = "all";
  consumer.ack_wait_ns = 7;
  consumer.max_ack_pending = 9;
  EXPECT_EQ(
      create_request("R", consumer),
      R"({"stream_name":"R","config":{"name":"c","durable_name":"c","ack_policy":"explicit","deliver_policy":"all",)"
      R"("ack_wait":7,"max_deliver":-1,"max_ack_pending":9,"replay_policy":"instant"}})");
  EXPECT_EQ(next_request(5, 0, std::chrono::seconds{30}, Duration{0}), R"({"batch":5,"expires":30000000000})");
  EXPECT_EQ(next_request(1, 4096, std::chrono::milliseconds{2}, std::chrono::microseconds{3}),
            R"({"batch":1,"expires":2000000,"max_bytes":4096,"idle_heartbeat":3000})");
  EXPECT_EQ(nak(Duration{0}), "-NAK");
  EXPECT_EQ(nak(std::chrono::seconds{2}), R"(-NAK {"delay":2000000000})");
}

TEST(Delivery, IsReadInItsThreeForms) {
  for (const std::string subject :
       {"$JS.ACK.R.respand.2.17.9.1790000000000000000.4", "$JS.ACK._.hash.R.respand.2.17.9.1790000000000000000.4",
        "$JS.ACK.hub.hash.R.respand.2.17.9.1790000000000000000.4.random"}) {
    const auto delivery = read_delivery(subject);
    ASSERT_TRUE(delivery) << subject;
    EXPECT_EQ(delivery->stream, "R");
    EXPECT_EQ(delivery->consumer, "respand");
    EXPECT_EQ(delivery->delivered, 2U);
    EXPECT_EQ(delivery->stream_sequence, 17U);
    EXPECT_EQ(delivery->consumer_sequence, 9U);
    EXPECT_EQ(delivery->pending, 4U);
  }
  for (const char* subject :
       {"", "_INBOX.x", "$JS.ACK", "$JS.ACK.R.c.1.2.3.4", "$JS.ACK.R.c.1.2.3.4.x", "$JS.ACK.R.c.-1.2.3.4.5",
        "$JS.ACK..c.1.2.3.4.5", "$JS.NAK.R.c.1.2.3.4.5", "$JS.ACK.R.c.1.2.3.4.5.6", "$JS.ACK.d.h.R.c.1.2.3.4.5.r.more",
        "$JS.ACK.R.c.1.2.3.4.99999999999999999999", "$JS.ACK.R.c.1.2.3.4.5."}) {
    EXPECT_FALSE(read_delivery(subject)) << subject;
  }
}

TEST(FindHeader, ComparesNamesWithoutCase) {
  constexpr std::string_view kBlock =
      "NATS/1.0\r\nNats-Msg-Id:  a b \r\nEmpty:\r\nNo colon\r\nnats-msg-id: c\r\nLast: x:y\r\n\r\n";
  EXPECT_EQ(find_header(kBlock, "nats-msg-id"), "a b") << "the first one";
  EXPECT_EQ(find_header(kBlock, "EMPTY"), "");
  EXPECT_EQ(find_header(kBlock, "last"), "x:y");
  EXPECT_EQ(find_header(kBlock, "NATS/1.0"), "");
  EXPECT_EQ(find_header(kBlock, "No colon"), "");
  EXPECT_EQ(find_header(kBlock, "other"), "");
  EXPECT_EQ(find_header("", "a"), "");
  EXPECT_EQ(find_header("a: b", "a"), "") << "the first line is the version's";
  EXPECT_EQ(find_header("NATS/1.0\r\na: b", "a"), "b");
}

TEST(AtLeast, ComparesVersions) {
  for (const auto& [version, wanted] :
       std::vector<std::pair<const char*, const char*>>{{"2.10.23", "2.10.23"},
                                                        {"2.10.27", "2.10.23"},
                                                        {"2.11.0", "2.10.23"},
                                                        {"3.0.0", "2.10.23"},
                                                        {"2.10.100", "2.10.23"},
                                                        {"v2.10.23", "2.10.23"},
                                                        {"2.10.23+b2", "2.10.23"},
                                                        {"2.11.0-beta.1", "2.10.23"},
                                                        {"2.11.0-beta.1", "2.11.0-alpha.1"},
                                                        {"2.11", "2.10.23"},
                                                        {"2.10.23", "2.10"}}) {
    EXPECT_TRUE(at_least(version, wanted)) << version << " " << wanted;
  }
  for (const auto& [version, wanted] : std::vector<std::pair<const char*, const char*>>{{"2.10.22", "2.10.23"},
                                                                                        {"2.9.99", "2.10.23"},
                                                                                        {"2.10.23-rc.1", "2.10.23"},
                                                                                        {"", "2.10.23"},
                                                                                        {"x", "2.10.23"},
                                                                                        {"2.10.x", "2.10.23"},
                                                                                        {"2.10.23 ", "2.10.23"},
                                                                                        {"2.10.99999999999", "2.10.23"},
                                                                                        {"2.10.23", ""},
                                                                                        {"2.10.23.1", "2.10.23"},
                                                                                        {"1", "2"}}) {
    EXPECT_FALSE(at_least(version, wanted)) << version << " " << wanted;
  }
}

}  // namespace
}  // namespace respand::nats
