// The reader of NATS' protocol: the same events however the bytes are cut, and nothing but an end from hostile ones.

#include "nats/protocol_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nats/greeting.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void feed(ProtocolReader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = reader.room();
    ASSERT_FALSE(room.empty());
    const std::size_t count = std::min(room.size(), bytes.size());
    std::copy_n(bytes.begin(), count, room.begin());
    reader.filled(count);
    bytes.remove_prefix(count);
  }
}

std::string words_of_event(const ProtocolReader& reader, Event event) {
  const ReceivedMessage& message = reader.message();
  switch (event) {
    case Event::kNone:
      return "none";
    case Event::kInfo:
      return cat("info ", reader.text());
    case Event::kMessage:
      return cat("message ", message.sid, ' ', message.subject, " [", message.reply, "] ", message.status, " [",
                 message.headers, "] ", message.payload);
    case Event::kPing:
      return "ping";
    case Event::kPong:
      return "pong";
    case Event::kOk:
      return "ok";
    case Event::kError:
      return cat("error ", reader.text());
    case Event::kBroken:
      return cat("broken ", reader.text());
  }
  return {};
}

void take_all(ProtocolReader& reader, std::vector<std::string>& events) {
  for (Event event = reader.next(); event != Event::kNone; event = reader.next()) {
    events.push_back(words_of_event(reader, event));
    if (event == Event::kBroken) {
      return;
    }
  }
}

std::vector<std::string> events_of(const std::vector<std::string_view>& pieces) {
  ProtocolReader reader;
  std::vector<std::string> events;
  for (const std::string_view piece : pieces) {
    feed(reader, piece);
    take_all(reader, events);
  }
  return events;
}

std::string only(std::string_view bytes) {
  const auto events = events_of({bytes});
  return events.size() == 1 ? events[0] : cat(events.size(), " events");
}

constexpr std::string_view kTranscript =
    "INFO {\"server_id\":\"x\",\"max_payload\":1048576} \r\n"
    "PING\r\n"
    "+OK\r\n"
    "pong\r\n"
    "MSG a.b 7 5\r\nhello\r\n"
    "MSG\ta.b  7 \t reply.to 0\r\n\r\n"
    "HMSG r 1 12 12\r\nNATS/1.0\r\n\r\n\r\n"
    "HMSG r 18446744073709551615 to.me 29 34\r\nNATS/1.0 503 Nobody\r\nA: b\r\n\r\n\nMSG\r\r\n"
    "-ERR 'Unknown Protocol Operation'\r\n";

const std::vector<std::string> kEvents = {
    "info {\"server_id\":\"x\",\"max_payload\":1048576}",
    "ping",
    "ok",
    "pong",
    "message 7 a.b [] 0 [] hello",
    "message 7 a.b [reply.to] 0 [] ",
    "message 1 r [] 0 [NATS/1.0\r\n\r\n] ",
    "message 18446744073709551615 r [to.me] 503 [NATS/1.0 503 Nobody\r\nA: b\r\n\r\n] \nMSG\r",
    "error Unknown Protocol Operation",
};

TEST(ProtocolReader, ReadsATranscript) { EXPECT_EQ(events_of({kTranscript}), kEvents); }

TEST(ProtocolReader, CutAnywhereItIsTheSame) {
  for (std::size_t cut = 0; cut <= kTranscript.size(); ++cut) {
    ASSERT_EQ(events_of({kTranscript.substr(0, cut), kTranscript.substr(cut)}), kEvents) << "cut at " << cut;
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < kTranscript.size(); ++i) {
    bytes.push_back(kTranscript.substr(i, 1));
  }
  EXPECT_EQ(events_of(bytes), kEvents);
}

TEST(ProtocolReader, MergedItIsTheSame) {
  std::string many;
  std::vector<std::string> all;
  for (int i = 0; i < 2000; ++i) {
    many += kTranscript;
    all.insert(all.end(), kEvents.begin(), kEvents.end());
  }
  EXPECT_EQ(events_of({many}), all);
}

TEST(ProtocolReader, ALargeMessageNeedsItsSizeAndGivesItBack) {
  ProtocolReader reader;
  const std::string payload(3 << 20, 'x');
  feed(reader, cat("MSG a 1 ", payload.size(), "\r\n"));
  EXPECT_EQ(reader.next(), Event::kNone);
  feed(reader, payload);
  EXPECT_EQ(reader.next(), Event::kNone);
  feed(reader, "\r\nPING\r\n");
  ASSERT_EQ(reader.next(), Event::kMessage);
  EXPECT_EQ(reader.message().payload, payload);
  EXPECT_EQ(reader.next(), Event::kPing);
  EXPECT_LE(reader.capacity(), 2 * payload.size() + 100);
  for (unsigned i = 0; i <= ProtocolReader::kWhile + 1; ++i) {
    feed(reader, "PING\r\n");
    EXPECT_EQ(reader.next(), Event::kPing);
  }
  EXPECT_EQ(reader.capacity(), ProtocolReader::kUsualBuffer);
}

TEST(ProtocolReader, LinesHaveALimit) {
  const auto message = [](std::size_t line) { return cat("MSG ", std::string(line - 8, 's'), " 1 0"); };
  EXPECT_THAT(only(cat(message(ProtocolReader::kMaxLine), "\r\n\r\n")), HasSubstr("message 1 sss"));
  EXPECT_THAT(only(cat(message(ProtocolReader::kMaxLine + 1), "\r\n\r\n")),
              HasSubstr("broken a line of more than 4096"));
  // Without an end, no more than a line is ever held.
  EXPECT_THAT(only(std::string(ProtocolReader::kMaxLine + 2, 'M')), HasSubstr("broken a line of more than 4096"));
  const auto info = [](std::size_t line) { return cat("INFO ", std::string(line - 5, 'i')); };
  EXPECT_THAT(only(cat(info(ProtocolReader::kMaxInfo), "\r\n")), HasSubstr("info iii"));
  EXPECT_THAT(only(cat(info(ProtocolReader::kMaxInfo + 1), "\r\n")), HasSubstr("broken"));
  ProtocolReader endless;
  feed(endless, info(ProtocolReader::kMaxInfo + 2));
  EXPECT_EQ(endless.next(), Event::kBroken);
  EXPECT_LE(endless.capacity(), 4 * ProtocolReader::kMaxInfo);
}

TEST(ProtocolReader, CountsHaveALimitAndAreNumbers) {
  EXPECT_EQ(events_of({cat("MSG a 1 ", ProtocolReader::kMaxPayload, "\r\n")}).size(), 0U);
  for (const std::string line : {"MSG a 1 8388609",
                                 "MSG a 1 18446744073709551616",
                                 "MSG a 1 99999999999999999999999999",
                                 "MSG a 1 -1",
                                 "MSG a 1 +1",
                                 "MSG a 1 0x10",
                                 "MSG a 1 1.0",
                                 "MSG a 1 1e3",
                                 "MSG a -1 1",
                                 "MSG a x 1",
                                 "MSG a 1",
                                 "MSG a",
                                 "MSG",
                                 "MSG a 1 b 2 3",
                                 "MSG a 1 b c 2 3",
                                 "HMSG a 1 5",
                                 "HMSG a 1 6 5",
                                 "HMSG a 1 b 6 5",
                                 "HMSG a 1 -1 5",
                                 "HMSG a 1 18446744073709551615 18446744073709551615",
                                 "HMSG a 1 b c 1 2",
                                 "HMSG a 1 0 99999999"}) {
    EXPECT_THAT(only(line + "\r\n"), HasSubstr("broken a message")) << line;
  }
}

TEST(ProtocolReader, WhatIsNotNatsEndsIt) {
  for (const std::string_view bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "\n", "PING\n", "PINGS\r\n", "INFO{}\r\n", "MSGa 1 0\r\n", "ERR\r\n",
        "\x16\x03\x01\r\n", "SUB a 1\r\n", "PING\r\r\n", " PING\r\n"}) {
    EXPECT_THAT(only(bytes), HasSubstr("broken")) << bytes;
  }
  using namespace std::string_view_literals;
  EXPECT_THAT(only("MSG a\0b 1 0\r\n\r\n"sv), HasSubstr("control characters"));
  EXPECT_THAT(only("PI\0NG\r\n"sv), HasSubstr("control characters"));
  EXPECT_THAT(only("\0\0\0\0\r\n"sv), HasSubstr("control characters"));
  EXPECT_THAT(only("MSG a 1 3\r\nabcd\r\n"), HasSubstr("does not end with CR LF"));
  EXPECT_THAT(only("MSG a 1 3\r\nabc\r\r"), HasSubstr("does not end with CR LF"));
  EXPECT_THAT(only("MSG a 1 3\r\nabcP"), HasSubstr("does not end with CR LF"));
}

TEST(ProtocolReader, OnceBrokenItStaysSo) {
  ProtocolReader reader;
  feed(reader, "nonsense\r\nPING\r\n");
  EXPECT_EQ(reader.next(), Event::kBroken);
  const std::string why(reader.text());
  feed(reader, "PING\r\n");
  EXPECT_EQ(reader.next(), Event::kBroken);
  EXPECT_EQ(reader.text(), why);
}

TEST(ProtocolReader, AStatusIsThreeDigitsOfTheFirstLine) {
  const auto status = [](std::string_view headers) {
    ProtocolReader reader;
    feed(reader, cat("HMSG a 1 ", headers.size(), ' ', headers.size(), "\r\n", headers, "\r\n"));
    return reader.next() == Event::kMessage ? reader.message().status : -1;
  };
  EXPECT_EQ(status("NATS/1.0 100 Idle Heartbeat\r\n\r\n"), 100);
  EXPECT_EQ(status("NATS/1.0 404\r\n\r\n"), 404);
  for (const char* headers : {"NATS/1.0\r\n\r\n", "NATS/1.0 \r\n\r\n", "NATS/1.0 5033\r\n", "NATS/1.0 50\r\n",
                              "NATS/1.0 -50\r\n", "NATS/1.0 099\r\n", "NATS/2.0 503\r\n", "", "x"}) {
    EXPECT_EQ(status(headers), 0) << headers;
  }
}

TEST(Greeting, SaysWhatTheServerIs) {
  const auto greeting = read_greeting(
      R"({"server_id":"NA","server_name":"n1","version":"2.10.27","proto":1,"go":"go1.19","host":"0.0.0.0","port":4222,)"
      R"("headers":true,"max_payload":1048576,"jetstream":true,"client_id":5,"client_ip":"127.0.0.1","auth_required":true,)"
      R"("tls_required":true,"nonce":"dPPKhHbL_Chu25o","cluster":"c\u0031","connect_urls":["127.0.0.1:4222","[::1]:4223"],"ldm":true})");
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->info.name, "n1");
  EXPECT_EQ(greeting->info.version, "2.10.27");
  EXPECT_EQ(greeting->info.cluster, "c1");
  EXPECT_EQ(greeting->info.max_payload, 1048576U);
  EXPECT_TRUE(greeting->info.headers);
  EXPECT_TRUE(greeting->info.jetstream);
  EXPECT_TRUE(greeting->tls_required);
  EXPECT_FALSE(greeting->tls_available);
  EXPECT_TRUE(greeting->auth_required);
  EXPECT_TRUE(greeting->lame_duck);
  EXPECT_EQ(greeting->nonce, "dPPKhHbL_Chu25o");
  EXPECT_THAT(greeting->connect_urls, ElementsAre("127.0.0.1:4222", "[::1]:4223"));
}

TEST(Greeting, HostileOnesAreRefusedOrBounded) {
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("{}x"), std::string(R"({"max_payload":-1})"),
        std::string(R"({"max_payload":"1"})"), std::string(R"({"max_payload":99999999999999999999})"),
        "{\"a\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}", std::string(60'000, '{')}) {
    EXPECT_FALSE(read_greeting(text)) << text.substr(0, 40);
  }
  std::string urls;
  for (int i = 0; i < 1000; ++i) {
    urls += cat(i == 0 ? "" : ",", "\"h", i, ":1\"");
  }
  const auto greeting = read_greeting(cat(R"({"server_name":")", std::string(10'000, 'n'), R"(","version":7,"nonce":")",
                                          std::string(1000, 'n'), R"(","connect_urls":[)", urls, "]}"));
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->connect_urls.size(), kMaxUrls);
  EXPECT_LE(greeting->info.name.size(), 131U);
  EXPECT_EQ(greeting->info.version, "");
  EXPECT_EQ(greeting->nonce, "");
}

}  // namespace
}  // namespace respand::nats
