#include <sys/socket.h>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

using journal::CommitResult;
using Strings = std::vector<std::string>;

class Lines : public Bench {};

TEST_F(Lines, WithoutAckNothingIsSentBack) {
  open();
  Peer peer = connect();
  say(peer, "{\"a\":1}\n{\"b\":2}\r\n\n  \nnonsense\n{\"c\":3}");
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
  peer.half_close();
  run_until_quiet();
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}));
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(peer.heard(), "");
  EXPECT_EQ(received("socket"), 4);
  EXPECT_EQ(rejected("socket", "not_json"), 1);
}

TEST_F(Lines, AWriterThatIsGoneIsStillHeard) {
  open();
  Peer peer = connect();
  EXPECT_GT(peer.send_some("{\"a\":1}\n{\"b\":2}"), 0U);
  peer.close();
  quiet();
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
  EXPECT_EQ(listeners->connections(), 0U);
}

TEST_F(Lines, AnAckFollowsTheCommitAndNotTheWriting) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n\n{\"b\":2}\n");
  EXPECT_EQ(peer.take(), "");
  ASSERT_EQ(intake.batches.size(), 1U);
  intake.complete();
  quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":2}\n");
  say(peer, "{\"c\":3}\n");
  intake.complete();
  quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":3}\n");
  peer.half_close();
  quiet();
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(peer.take(), "");
}

TEST_F(Lines, AcksComeInOrderAndAreCoalesced) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"n\":1}\n");
  say(peer, "{\"n\":2}\n");
  say(peer, "{\"n\":3}\n");
  ASSERT_EQ(intake.batches.size(), 3U);
  intake.complete(2);
  quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":2}\n");
  intake.complete();
  quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":3}\n");
}

TEST_F(Lines, ConnectionsShareABatchOfATurn) {
  open();
  std::vector<Peer> peers;
  for (int i = 0; i < 64; ++i) {
    peers.push_back(connect());
    say(peers.back(), "!ack\n");
  }
  for (Peer& peer : peers) {
    peer.send_some("{\"n\":1}\n");
  }
  quiet();
  EXPECT_LE(intake.batches.size(), 2U);
  run_until_quiet();
  for (Peer& peer : peers) {
    EXPECT_EQ(peer.take(), "{\"durable\":1}\n");
  }
}

TEST_F(Lines, ARefusedLineIsNamedBeforeItIsCovered) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n{bad\n{\"b\":2}\n[1]\n7\n");
  const std::string errors = peer.take();
  EXPECT_TRUE(errors.starts_with("{\"line\":2,\"error\":\"not valid JSON: ")) << errors;
  EXPECT_NE(errors.find("{\"line\":4,\"error\":\"element 0: "), std::string::npos) << errors;
  EXPECT_NE(errors.find("{\"line\":5,\"error\":\""), std::string::npos) << errors;
  EXPECT_EQ(errors.find("durable"), std::string::npos);
  run_until_quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":5}\n");
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
}

TEST_F(Lines, RefusedLinesAloneAreCommittedAtOnce) {
  open();
  Peer peer = connect();
  say(peer, "!ack\nx\n");
  EXPECT_TRUE(peer.heard().ends_with("{\"durable\":1}\n")) << peer.heard();
  EXPECT_TRUE(intake.batches.empty());
}

TEST_F(Lines, TheLastAnswerCoversEveryLine) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n{\"b\":2}");
  peer.half_close();
  quiet();
  EXPECT_FALSE(peer.ended());
  run_until_quiet();
  EXPECT_TRUE(peer.ended());
  EXPECT_TRUE(peer.heard().ends_with("{\"durable\":2}\n")) << peer.heard();
}

TEST_F(Lines, AClientThatSaysNothingButAckIsAnswered) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n\n\n");
  EXPECT_EQ(peer.take(), "");
  peer.half_close();
  quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":0}\n");
  EXPECT_TRUE(peer.ended());
}

TEST_F(Lines, AckArrivesInPieces) {
  open();
  Peer peer = connect();
  for (const char c : std::string("!ack\r\n{\"a\":1}\r\n")) {
    say(peer, std::string(1, c));
  }
  run_until_quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":1}\n");
}

TEST_F(Lines, CommandsOtherThanTheFirstAckAreRefused) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n!ack\n!quit\n{\"a\":1}\n");
  run_until_quiet();
  const std::string heard = peer.take();
  EXPECT_NE(heard.find("{\"line\":1,\"error\":\"!ack must be the first line\"}\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("{\"line\":2,\"error\":\"no such command"), std::string::npos) << heard;
  EXPECT_TRUE(heard.ends_with("{\"durable\":3}\n"));
  Peer late = connect();
  say(late, "{\"a\":1}\n!ack\n");
  run_until_quiet();
  EXPECT_EQ(late.take(), "");
  EXPECT_EQ(rejected("socket", "bad_request"), 3);
}

TEST_F(Lines, SequencesAreToldBeforeTheAckThatCoversThem) {
  open();
  Peer peer = connect();
  say(peer, "!ack sequences\n{\"a\":1}\nnonsense\n[{\"b\":1},{\"c\":1}]\n");
  run_until_quiet();
  const std::string heard = peer.take();
  const std::size_t first = heard.find("{\"line\":1,\"sequence\":");
  const std::size_t second = heard.find("{\"line\":3,\"sequence\":");
  ASSERT_NE(first, std::string::npos) << heard;
  ASSERT_NE(second, std::string::npos) << heard;
  EXPECT_NE(heard.find(",\"records\":1}\n", first), std::string::npos) << heard;
  EXPECT_NE(heard.find(",\"records\":2}\n", second), std::string::npos) << heard;
  EXPECT_TRUE(heard.ends_with("{\"durable\":3}\n")) << heard;
}

TEST_F(Lines, AnArrayLineIsThatManyRecords) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n [ {\"a\":1}, {\"b\":[2,3]} ] \n[]\n{\"c\":1}\n");
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":[2,3]}", "{\"c\":1}"}));
  run_until_quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":3}\n");
  EXPECT_EQ(received("socket"), 3);
}

TEST_F(Lines, BadElementsAreNamedAndTheGoodOnesGoThrough) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n[{\"a\":1},7,{\"b\":2},{\"c\":}]\n");
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
  const std::string error = peer.take();
  EXPECT_TRUE(error.starts_with("{\"line\":1,\"error\":\"element 1: ")) << error;
  EXPECT_NE(error.find("element 3: "), std::string::npos) << error;
  EXPECT_NE(error.find("2 of 4 taken"), std::string::npos) << error;
  run_until_quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":1}\n");
}

TEST_F(Lines, ABrokenArrayIsRefusedAsAWhole) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n[{\"a\":1},{\"b\":2}\n[{\"a\":1}]x\n");
  EXPECT_TRUE(intake.payloads.empty());
  const std::string heard = peer.take();
  EXPECT_NE(heard.find("{\"line\":1,"), std::string::npos) << heard;
  EXPECT_NE(heard.find("{\"line\":2,"), std::string::npos) << heard;
  EXPECT_TRUE(heard.ends_with("{\"durable\":2}\n")) << heard;
  EXPECT_EQ(rejected("socket", "not_json"), 2);
}

TEST_F(Lines, AnArrayOverSeveralBatchesIsCommittedWithItsLastRecord) {
  open();
  const std::string record = "{\"text\":\"" + std::string(100'000, 'x') + "\"}";
  std::string line = "!ack\n{}\n[";
  for (int i = 0; i < 10; ++i) {
    line += (i == 0 ? "" : ",") + record;
  }
  Peer peer = connect();
  send(peer, line + "]\n{}\n");
  quiet();
  ASSERT_GE(intake.batches.size(), 5U);
  EXPECT_EQ(intake.payloads.size(), 12U);
  while (intake.batches.size() > 1) {
    intake.complete();
    quiet();
  }
  EXPECT_EQ(peer.take(), "{\"durable\":1}\n");
  intake.complete();
  quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":3}\n");
}

TEST_F(Lines, ARecordAtTheLimitIsTakenAndOneAboveIsNot) {
  settings.max_record = kibibytes(300);
  open();
  const auto record = [](std::size_t size) { return "{\"t\":\"" + std::string(size - 8, 'x') + "\"}"; };
  Peer peer = connect();
  send(peer, "!ack\n");
  for (const std::size_t size : {300U * 1024 - 1, 300U * 1024, 300U * 1024 + 1}) {
    send(peer, record(size) + "\n");
  }
  send(peer, "{}\n");
  run_until_quiet();
  const std::string heard = peer.take();
  ASSERT_EQ(intake.payloads.size(), 3U);
  EXPECT_EQ(intake.payloads[1].size(), 300U * 1024);
  EXPECT_EQ(intake.payloads[2], "{}");
  EXPECT_NE(heard.find("{\"line\":3,\"error\":\"over socket.max_record (300KiB)"), std::string::npos) << heard;
  EXPECT_TRUE(heard.ends_with("{\"durable\":4}\n")) << heard;
  EXPECT_EQ(rejected("socket", "too_large"), 1);
}

TEST_F(Lines, WhatTheJournalRefusesIsNamedLineByLine) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\nbad\n{\"b\":2}\n[{\"c\":3},{\"d\":4}]\n");
  peer.take();
  run_until_quiet(CommitResult::kFull);
  EXPECT_EQ(peer.take(),
            "{\"line\":1,\"error\":\"the journal is full; try again later\"}\n"
            "{\"line\":3,\"error\":\"the journal is full; try again later\"}\n"
            "{\"line\":4,\"error\":\"the journal is full; try again later\"}\n"
            "{\"durable\":4}\n");
  EXPECT_EQ(rejected("socket", "journal_full"), 4);
  EXPECT_EQ(received("socket"), 5);
}

TEST_F(Lines, AFullJournalRefusesAtOnce) {
  open();
  Peer peer = connect();
  intake.accepts = false;
  say(peer, "!ack\n{\"a\":1}\n[{\"b\":1},{\"c\":1}]\n");
  EXPECT_TRUE(intake.batches.empty());
  const std::string heard = peer.take();
  EXPECT_TRUE(heard.starts_with("{\"line\":1,\"error\":\"the journal is full; try again later\"}\n")) << heard;
  EXPECT_NE(heard.find("{\"line\":2,\"error\":\"2 refused: the journal is full"), std::string::npos) << heard;
  EXPECT_TRUE(heard.ends_with("{\"durable\":2}\n")) << heard;
  EXPECT_EQ(rejected("socket", "journal_full"), 3);
  intake.accepts = true;
  say(peer, "{\"d\":1}\n");
  run_until_quiet();
  EXPECT_EQ(peer.take(), "{\"durable\":3}\n");
}

TEST_F(Lines, NothingIsAcknowledgedOnceTheJournalHasStopped) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n");
  say(peer, "{\"b\":2}\n");
  intake.complete();
  intake.complete(1, CommitResult::kStopped);
  quiet();
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(peer.take(), "");
  EXPECT_EQ(rejected("socket", "stopping"), 1);
}

TEST_F(Lines, AClientThatDoesNotReadItsAnswersIsNotReadFrom) {
  open();
  Peer peer = connect();
  send(peer, "!ack\n");
  std::string lines;
  for (std::size_t i = 0; i < 64 * 1024; ++i) {
    lines += "x\n";
  }
  // 64 Ki error lines of some 90 bytes each: more than the socket's buffer and the limit of what is held.
  std::size_t sent = 0;
  for (std::size_t last = 1; sent != last;) {
    last = sent;
    sent += peer.send_some(std::string_view(lines).substr(sent % lines.size()));
    quiet();
  }
  const double taken = received("socket");
  EXPECT_LT(taken * 2, static_cast<double>(sent)) << "it reads on although nobody listens";
  std::string heard;
  until([&] {
    heard += peer.take();
    return heard.ends_with(cat("{\"durable\":", sent / 2, "}\n"));
  });
  EXPECT_EQ(received("socket"), static_cast<double>(sent / 2));
  std::uint64_t line = 0;
  for (std::size_t at = heard.find("{\"line\":"); at != std::string::npos; at = heard.find("{\"line\":", at + 1)) {
    EXPECT_EQ(std::stoull(heard.substr(at + 8, 20)), ++line);
  }
  EXPECT_EQ(line, sent / 2);
}

TEST_F(Lines, ManyLinesThatTheJournalRefusesAreAllNamed) {
  open();
  Peer peer = connect();
  send(peer, "!ack\n");
  for (int i = 0; i < 4000; ++i) {
    send(peer, "{}\n");
  }
  peer.half_close();
  std::string heard;
  for (int i = 0; i < 1000 && !peer.ended(); ++i) {
    run_until_quiet(CommitResult::kFull);
    heard += peer.take();
  }
  EXPECT_TRUE(peer.ended());
  std::uint64_t line = 0;
  for (std::size_t at = heard.find("{\"line\":"); at != std::string::npos; at = heard.find("{\"line\":", at + 1)) {
    EXPECT_EQ(std::stoull(heard.substr(at + 8, 20)), ++line);
  }
  EXPECT_EQ(line, 4000U);
  EXPECT_TRUE(heard.ends_with("{\"durable\":4000}\n"));
}

TEST_F(Lines, AClientThatTakesNoAnswersIsStillReadToItsEnd) {
  open();
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n");
  ::shutdown(peer.fd(), SHUT_RD);
  run_until_quiet();
  say(peer, "{\"b\":2}\n");
  run_until_quiet();
  peer.half_close();
  run_until_quiet();
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
  EXPECT_EQ(listeners->connections(), 0U);
}

TEST_F(Lines, AnyCutOfTheStreamGivesTheSameRecords) {
  open();
  const std::string stream = "!ack\n{\"a\":1}\n\n[{\"b\":2},{\"c\":3}]\r\nbad\n{\"d\":4}";
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    intake.payloads.clear();
    Peer peer = connect();
    say(peer, stream.substr(0, cut));
    say(peer, stream.substr(cut));
    peer.half_close();
    run_until_quiet();
    EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}", "{\"d\":4}"})) << cut;
    EXPECT_TRUE(peer.heard().ends_with("{\"durable\":4}\n")) << cut << peer.heard();
    EXPECT_TRUE(peer.ended());
  }
}

}  // namespace
}  // namespace respand::sockets::test
