// Back-pressure of the producer, memory of half-written records, and writers that never end.

#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <random>

#include "respand/base/text.h"
#include "sockets/connections.h"
#include "tests/sockets/bench.h"
#include "tests/support/sanitized.h"

namespace respand::sockets::test {
namespace {

using Strings = std::vector<std::string>;

constexpr std::size_t kMiB = 1024 * 1024;

class Pressure : public Bench {
 protected:
  // Sends until the kernel takes no more although the loop has run; returns how much went.
  std::size_t stuff(Peer& peer, std::string_view bytes) {
    std::size_t sent = 0;
    for (std::size_t n = 1; n > 0 && sent < bytes.size();) {
      n = peer.send_some(bytes.substr(sent));
      sent += n;
      quiet();
    }
    return sent;
  }
};

std::string numbered(int n, std::size_t size) {
  std::string record = cat("{\"n\":", n, ",\"t\":\"");
  return record + std::string(size - record.size() - 2, 'x') + "\"}";
}

// Resident memory of this process in bytes.
std::size_t resident() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

TEST_F(Pressure, AJournalThatDoesNotCommitStopsTheReading) {
  open();
  std::string lines;
  for (int i = 0; i < 40'000; ++i) {
    lines += numbered(i, 1000) + "\n";
  }
  Peer peer = connect();
  std::size_t sent = stuff(peer, lines);
  EXPECT_LT(sent, lines.size());
  EXPECT_LE(intake.batches.size(), journal::JournalWriter::kMaxOutstanding);
  EXPECT_LE(intake.bytes(), 16 * kMiB + journal::Batch::kUsualCapacity);
  // It goes on where it stopped, without a record lost or doubled or out of order.
  for (int rounds = 0; sent < lines.size() && rounds < 1000; ++rounds) {
    intake.commit_all();
    quiet();
    sent += stuff(peer, std::string_view(lines).substr(sent));
  }
  peer.half_close();
  run_until_quiet();
  ASSERT_EQ(intake.payloads.size(), 40'000U);
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_TRUE(intake.payloads[static_cast<std::size_t>(i)].starts_with(cat("{\"n\":", i, ","))) << i;
  }
}

TEST_F(Pressure, MultipliedRecordsOfAnArrayLineAreTakenInSlices) {
  open();
  // As many as there may be: more than 16 MiB in the journal's form.
  constexpr std::size_t kRecords = 100'000;
  std::string line = "[{}";
  for (std::size_t n = 1; n < kRecords; ++n) {
    line += ",{}";
  }
  Peer peer = connect();
  send(peer, "!ack\n");
  std::string_view rest = line;
  until([&] {
    rest.remove_prefix(peer.send_some(rest));
    EXPECT_LE(intake.bytes(), 16 * kMiB + journal::Batch::kUsualCapacity);
    intake.complete(std::min<std::size_t>(intake.batches.size(), 1));
    return rest.empty();
  });
  send(peer, "]\n");
  until([&] {
    EXPECT_LE(intake.bytes(), 16 * kMiB + journal::Batch::kUsualCapacity);
    intake.complete(std::min<std::size_t>(intake.batches.size(), 1));
    return peer.heard() == "{\"durable\":1}\n";
  });
  EXPECT_EQ(intake.payloads.size(), kRecords);
}

TEST_F(Pressure, ALargeRecordGoesAlone) {
  open();
  Peer a = connect();
  Peer b = connect();
  const std::string huge = numbered(1, 20 * kMiB);
  say(b, "!ack\n{\"b\":1}\n");
  send(a, "!ack\n" + huge + "\n");
  say(b, "{\"b\":2}\n");
  ASSERT_FALSE(intake.batches.empty());
  for (int i = 0; i < 10 && intake.payloads.size() < 3; ++i) {
    EXPECT_TRUE(intake.batches.size() == 1 || intake.bytes() < 17 * kMiB);
    intake.complete();
    quiet();
  }
  run_until_quiet();
  EXPECT_EQ(a.take(), "{\"durable\":1}\n");
  EXPECT_TRUE(b.take().ends_with("{\"durable\":2}\n"));
  ASSERT_EQ(intake.payloads.size(), 3U);
}

TEST_F(Pressure, ManyLargeRecordsTakeTurnsAndAllArrive) {
  settings.partial_memory = mebibytes(8);
  settings.max_record = mebibytes(4);
  open();
  intake.at_once = true;
  std::vector<Peer> peers;
  std::vector<std::string> texts;
  std::vector<std::string_view> rests;
  for (int i = 0; i < 12; ++i) {
    peers.push_back(connect());
    texts.push_back("!ack\n" + numbered(i, 4 * kMiB) + "\n");
  }
  for (const std::string& text : texts) {
    rests.emplace_back(text);
  }
  until([&] {
    bool all = true;
    for (std::size_t i = 0; i < peers.size(); ++i) {
      rests[i].remove_prefix(rests[i].empty() ? 0 : peers[i].send_some(rests[i].substr(0, 100'000)));
      all = all && peers[i].heard() == "{\"durable\":1}\n";
    }
    return all;
  });
  EXPECT_EQ(intake.payloads.size(), 12U);
}

// Writers that never stop, with records that do not fit into the free part, against one whose record needs all the
// shared memory. How much the others read while that one is read is bounded, in all and between two of its reads.
TEST_F(Pressure, ALargeRecordGetsOnBesideWritersWhoNeverStop) {
  settings.max_record = mebibytes(16);
  settings.partial_memory = mebibytes(20);
  for (const std::size_t size : {1'000U, 30'000U, 60'000U}) {
    SCOPED_TRACE(size);
    settings.socket_path = folder / cat("s", size);
    open();
    intake.at_once = true;
    std::string lines;
    while (lines.size() < kMiB) {
      lines += numbered(0, size) + "\n";
    }
    std::vector<Peer> writers(6);
    std::vector<std::size_t> at(writers.size());
    std::size_t passed = 0;
    const std::string text = "!ack\n" + numbered(1, mebibytes(16).value) + "\n";
    // It has begun, and holds all but 16 KiB of the shared memory, so that one of the others becomes the favoured one.
    Peer large = connect();
    std::size_t sent = 0;
    for (const std::size_t upto : {5U, 5U + 32U * 1024U, 5U * 512U * 1024U}) {
      sent += stuff(large, std::string_view(text).substr(sent, upto - sent));
    }
    for (Peer& writer : writers) {
      writer = connect();
    }
    std::size_t most_between = 0;
    std::size_t passed_before = 0;
    while (large.heard().empty() && passed < 20 * text.size()) {
      for (std::size_t i = 0; i < writers.size(); ++i) {
        const std::size_t n = writers[i].send_some(std::string_view(lines).substr(at[i]));
        at[i] = (at[i] + n) % lines.size();
        passed += n;
      }
      if (const std::size_t n = large.send_some(std::string_view(text).substr(sent)); n > 0) {
        most_between = std::max(most_between, passed - passed_before);
        passed_before = passed;
        sent += n;
      }
      loop.restart();
      loop.poll_one();
    }
    most_between = std::max(most_between, passed - passed_before);
    EXPECT_EQ(large.take(), "{\"durable\":1}\n");
    // Each of the others may read once between two of its reads, and once more while it waits for its turn.
    EXPECT_LE(most_between, writers.size() * 3 * ConnectionShared::kScratch);
    std::printf("records of %zu bytes: %zu bytes passed one of %zu bytes, at most %zu between two reads\n", size,
                passed, text.size(), most_between);
    intake.payloads.clear();
    listeners.reset();
  }
}

TEST_F(Pressure, AThousandHalfWrittenRecordsFitInTheirBudget) {
  [[maybe_unused]] const std::size_t before = resident();
  for (const std::size_t size : {12U * 1024, 40U * 1024, 300U * 1024, 19U * 1024 * 1024}) {
    SCOPED_TRACE(size);
    settings.socket_path = folder / cat("s", size);
    open();
    const std::string half = "{\"t\":\"" + std::string(size, 'x');
    std::vector<Peer> peers;
    for (int i = 0; i < 1000; ++i) {
      peers.push_back(connect());
      ASSERT_TRUE(peers.back().connected()) << i;
      // As much as is taken; the rest of what a kernel's buffer holds stays there.
      stuff(peers.back(), half);
    }
    EXPECT_EQ(listeners->connections(), 1000U);
    if (!respand::test::kSanitized) {
      EXPECT_LT(resident(), before + half.size() + 64 * kMiB);
    }
    // Small records of others are taken all the while.
    Peer other = connect();
    say(other, "!ack\n{\"a\":1}\n");
    run_until_quiet();
    EXPECT_EQ(other.take(), "{\"durable\":1}\n");
    listeners.reset();
  }
}

TEST_F(Pressure, WhoStandsStillAndKeepsOthersWaitingIsDisconnected) {
  settings.max_record = mebibytes(2);
  settings.partial_memory = mebibytes(6);
  settings.stall_check = std::chrono::milliseconds{1};
  open();
  const std::string half = "{\"t\":\"" + std::string(mebibytes(2).value - 100'000, 'x');
  std::vector<Peer> hogs;
  for (int i = 0; i < 8; ++i) {
    hogs.push_back(connect());
    stuff(hogs.back(), half);
  }
  Peer busy = connect();
  send(busy, "!ack\n");
  const std::string whole = numbered(1, mebibytes(2).value) + "\n";
  std::size_t sent = stuff(busy, whole);
  ASSERT_LT(sent, whole.size()) << "nobody waits, so nothing is tested";
  EXPECT_EQ(metric("respand_connections_refused_total{reason=\"stalled\"}"), 0);
  until([&] {
    const std::size_t n = busy.send_some(std::string_view(whole).substr(sent));
    sent += n;
    quiet();
    intake.commit_all();
    if (n == 0) {
      clock.advance(std::chrono::seconds{11});  // Whoever comes next in the queue of hogs stands still as well.
    }
    return busy.heard() == "{\"durable\":1}\n";
  });
  EXPECT_GT(metric("respand_connections_refused_total{reason=\"stalled\"}"), 0);
}

TEST_F(Pressure, AnEndlessLineIsRefusedOnceAndTheConnectionGoesOn) {
  settings.max_record = mebibytes(1);
  open();
  Peer peer = connect();
  send(peer, "!ack\n{\"a\":1}\n");
  const std::string piece(kMiB, 'x');
  for (int i = 0; i < 64; ++i) {
    send(peer, piece);
  }
  quiet();
  EXPECT_NE(peer.heard().find("{\"line\":2,\"error\":\"over socket.max_record (1MiB)"), std::string::npos)
      << peer.heard();
  say(peer, "\n{\"b\":2}\n");
  run_until_quiet();
  EXPECT_TRUE(peer.take().ends_with("{\"durable\":3}\n"));
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
  EXPECT_EQ(rejected("socket", "too_large"), 1);
}

TEST_F(Pressure, AnIdleConnectionGivesBackWhatALongLineTook) {
  settings.partial_memory = mebibytes(26);
  open();
  intake.at_once = true;
  std::vector<Peer> peers;
  for (int i = 0; i < 200; ++i) {  // 200 lines of 60 KiB in two pieces: 12 MB, were it kept
    peers.push_back(connect());
    const std::string record = numbered(i, 60'000);
    say(peers.back(), record.substr(0, 40'000));
    say(peers.back(), record.substr(40'000) + "\n");
  }
  EXPECT_EQ(intake.payloads.size(), 200U);
  Peer late = connect();
  const std::string line = numbered(0, 5 * kMiB) + "\n";
  EXPECT_EQ(stuff(late, line), line.size());
  EXPECT_EQ(metric("respand_connections_refused_total{reason=\"stalled\"}"), 0);
}

TEST_F(Pressure, ARingThatRefusesIsTriedAgain) {
  open();
  intake.ring_full = true;
  Peer peer = connect();
  say(peer, "!ack\n{\"a\":1}\n");
  say(peer, "{\"b\":2}\n");
  EXPECT_EQ(intake.offered, 0U);
  intake.ring_full = false;
  until([&] {
    intake.complete(intake.batches.size());
    return peer.heard().ends_with("{\"durable\":2}\n");
  });
  EXPECT_EQ(intake.payloads, (Strings{"{\"a\":1}", "{\"b\":2}"}));
}

TEST_F(Pressure, SlowAckingLetsBatchesGrow) {
  open();
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(connect());
    say(peers.back(), "!ack\n{\"n\":1}\n");
  }
  // With half the batches out, the rest waits in one.
  EXPECT_EQ(intake.batches.size(), journal::JournalWriter::kMaxOutstanding / 2);
  EXPECT_EQ(intake.payloads.size(), journal::JournalWriter::kMaxOutstanding / 2);
  intake.complete();
  quiet();
  EXPECT_EQ(intake.payloads.size(), 100U);
  run_until_quiet();
  for (Peer& peer : peers) {
    EXPECT_EQ(peer.take(), "{\"durable\":1}\n");
  }
}

// Any mix of writers, sizes, cuts and commits: each record arrives once, each writer's in order, each ack is right.
TEST_F(Pressure, RandomWritersAndCommits) {
  for (unsigned seed = 1; seed <= (respand::test::kSanitized ? 1U : 12U); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    intake.payloads.clear();
    settings.max_record = kibibytes(600);
    settings.partial_memory = mebibytes(5);
    settings.socket_path = folder / cat("s", seed);
    open();
    constexpr std::size_t kWriters = 7;
    std::vector<Peer> peers;
    std::vector<std::string> texts(kWriters);
    std::vector<std::string_view> rests;
    std::vector<Strings> expected(kWriters);
    std::vector<std::size_t> lines(kWriters);
    for (std::size_t w = 0; w < kWriters; ++w) {
      texts[w] = "!ack\n";
      for (std::size_t i = 0; i < 60; ++i) {
        const std::size_t elements = below(4) == 0 ? below(6) : 1;
        std::string line;
        for (std::size_t e = 0; e < elements; ++e) {
          const std::size_t size = below(8) == 0 ? 60'000 + below(500'000 / elements) : 40 + below(2000);
          std::string record = cat("{\"w\":", w, ",\"i\":", i, ",\"t\":\"");
          record += std::string(size, 'y') + "\"}";
          expected[w].push_back(record);
          line += (line.empty() ? "" : ",") + record;
        }
        texts[w] += elements == 1 ? line + "\n" : "[" + line + "]\n";
        texts[w] += below(5) == 0 ? "\r\n" : "";
        texts[w] += below(9) == 0 ? "oops\n" : "";
        lines[w] += texts[w].ends_with("oops\n") ? 2U : 1U;
      }
      peers.push_back(connect());
      rests.emplace_back(texts[w]);
    }
    std::vector<bool> closed(kWriters);
    until([&] {
      bool all = true;
      for (std::size_t w = 0; w < kWriters; ++w) {
        if (!rests[w].empty()) {
          rests[w].remove_prefix(peers[w].send_some(rests[w].substr(0, 1 + below(150'000))));
        } else if (!closed[w]) {
          closed[w] = true;
          peers[w].half_close();
        }
        all = all && peers[w].ended();
      }
      if (below(3) == 0) {
        intake.complete(below(intake.batches.size() + 1));
      }
      loop.restart();
      loop.poll_one();
      return all;
    });
    std::vector<Strings> got(kWriters);
    for (const std::string& payload : intake.payloads) {
      got.at(static_cast<std::size_t>(payload.at(5) - '0')).push_back(payload);
    }
    for (std::size_t w = 0; w < kWriters; ++w) {
      EXPECT_TRUE(got[w] == expected[w]) << "writer " << w << ": " << got[w].size() << " of " << expected[w].size();
      EXPECT_TRUE(peers[w].heard().ends_with(cat("{\"durable\":", lines[w], "}\n"))) << w;
    }
    run_until_quiet();
    listeners.reset();
  }
}

}  // namespace
}  // namespace respand::sockets::test
