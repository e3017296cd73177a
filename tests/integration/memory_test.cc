// How much memory the daemon may take: idle, with hostile writers, with a long backlog. Not under sanitizers, which
// take memory themselves.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/integration/daemon.h"
#include "tests/support/sanitized.h"

#define SKIP_UNDER_SANITIZERS()                  \
  if (kSanitized) {                              \
    GTEST_SKIP() << "memory is the sanitizer's"; \
  }                                              \
  static_cast<void>(0)

namespace respand::test {
namespace {

constexpr long kMiB = 1024;  // in KiB, as /proc counts

TEST(Memory, IdleIsBelow12MiB) {
  SKIP_UNDER_SANITIZERS();
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(sink.wait_for_records(1));
  // Idle once the ledger has counted the record too.
  EXPECT_TRUE(eventually([&] { return daemon.memory_kib("VmRSS") < 12 * kMiB; })) << daemon.memory_kib("VmRSS");
  RecordProperty("rss_kib", static_cast<int>(daemon.memory_kib("VmRSS")));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Memory, AThousandHalfWrittenRecordsCostUnder64MiB) {
  SKIP_UNDER_SANITIZERS();
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::vector<Client> writers;
  const std::string half = record(1, 200'000).substr(0, 150'000);
  for (int i = 0; i < 1000; ++i) {
    writers.push_back(daemon.connect());
    ASSERT_TRUE(writers.back().connected());
    // As much as goes without waiting: the daemon may stop reading.
    static_cast<void>(::send(writers.back().fd(), half.data(), half.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_connections", 1000, {{"input", "socket"}}));
  // Somebody else's record still goes through.
  EXPECT_EQ(daemon.send_acknowledged(record(2) + "\n").back(), R"({"durable":1})");
  ASSERT_TRUE(sink.wait_for_records(1));
  EXPECT_LT(daemon.memory_kib("VmHWM"), 64 * kMiB);
  writers.clear();
  EXPECT_TRUE(daemon.wait_for_metric("respand_connections", 0, {{"input", "socket"}}));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Memory, AnEndlessLineCostsNoMoreThanItsLimit) {
  SKIP_UNDER_SANITIZERS();
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Client writer = daemon.connect();
  const std::string piece(1U << 20, 'x');
  ASSERT_TRUE(writer.send("!ack\n"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(writer.send(piece));
  }
  ASSERT_TRUE(writer.send("\n" + record(1) + "\n"));
  writer.half_close();
  const auto answers = lines_of(writer.read_all());
  ASSERT_GE(answers.size(), 2U);
  EXPECT_TRUE(answers[0].starts_with(R"({"line":1,"error":)")) << answers[0];
  EXPECT_EQ(answers.back(), R"({"durable":2})");
  EXPECT_LT(daemon.memory_kib("VmHWM"), 64 * kMiB);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Memory, TwoHundredThousandWaitingRecordsCostUnder96MiB) {
  SKIP_UNDER_SANITIZERS();
  Daemon daemon("http://127.0.0.1:9",
                "delivery: {retry: {initial: 100ms, max: 1s}}");  // the discard port: nobody listens
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string lines;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    lines += record(n, 1000) + "\n";
  }
  Client writer = daemon.connect();
  ASSERT_TRUE(writer.send("!ack\n"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(writer.send(lines));
  }
  writer.half_close();
  EXPECT_EQ(lines_of(writer.read_all()).back(), R"({"durable":200000})");
  EXPECT_EQ(daemon.metric("respand_backlog_records"), 200'000);
  EXPECT_LT(daemon.memory_kib("VmHWM"), 96 * kMiB);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Large records are read back from the journal a few at a time, so those that wait take no memory.
TEST(Memory, SixtyFourRecordsOf20MBWaitingCostUnder192MiB) {
  SKIP_UNDER_SANITIZERS();
  constexpr std::size_t kRecords = 64;
  constexpr std::size_t kSize = 20'000'000;
  sink::Rules hanging;
  hanging.fail = {{sink::Fault::kHang, 0, 1}};
  SinkServer sink(hanging);
  Daemon daemon(sink.url(), Daemon::Setup{.more = "delivery: {drain_timeout: 300ms}", .api = ", request_timeout: 60s"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Client writer = daemon.connect();
  ASSERT_TRUE(writer.send("!ack\n"));
  for (std::uint64_t n = 0; n < kRecords; ++n) {
    ASSERT_TRUE(writer.send(record(n, kSize) + "\n"));
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", kRecords));
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_in_flight") > 0; }));
  EXPECT_LT(daemon.memory_kib("VmHWM"), 192 * kMiB);
  RecordProperty("hwm_kib", static_cast<int>(daemon.memory_kib("VmHWM")));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
