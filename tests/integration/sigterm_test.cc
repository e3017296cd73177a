// SIGTERM while everything is busy and something is broken: the daemon exits with 0 in time, nothing is lost, and no
// record whose answer came is sent twice. Writers at every input go on all the while.

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>

#include "respand/base/text.h"
#include "tests/integration/line_writer.h"
#include "tests/integration/load.h"
#include "tests/support/compress.h"
#include "tests/support/sanitized.h"
#include "tests/support/small_disk.h"

namespace respand::test {
namespace {

// Long enough that no answer is left unread on a busy machine: a record whose answer was not read is sent again.
constexpr std::chrono::milliseconds kDrain{kSanitized ? 4000 : 2000};
// The promise is drain_timeout and a second. The rest is for a machine that is busy with other tests; it is shorter
// than any of the waits that must not happen.
constexpr Duration kInTime = kSanitized ? kDrain + std::chrono::seconds{15} : kDrain + std::chrono::seconds{3};

// What takes long to fill, send and compare is smaller under the sanitizers, whose tests are after other mistakes.
constexpr std::size_t kLarge = kSanitized ? 4U << 20 : 19U << 20;  // of a record, bytes
constexpr std::string_view kSmallestSocket = kSanitized ? ", max_record: 1MiB" : "";
constexpr std::string_view kSmallestJournal =
    kSanitized ? ", segment_size: 2MiB, max_size: 4MiB" : ", segment_size: 21MiB, max_size: 42MiB";

sink::Rules always(const sink::FailRule& rule) {
  sink::Rules rules;
  rules.fail = {rule};
  return rules;
}

class Sigterm : public testing::Test {
 public:
  using Arrange = void (Sigterm::*)();

  // One for each row of the table: what is going on when the signal comes.
  void nothing_is_wrong() { wait_for_load(); }
  void spool_files_are_big();
  void the_api_hangs();
  void large_records_are_in_flight();
  void writers_are_slow();
  void a_writer_reads_no_answers();
  void the_journal_is_full();
  void the_api_is_away();
  void the_key_is_wrong();
  void dead_letters_fail();
  void it_only_starts();

 protected:
  explicit Sigterm(std::string journal = ", segment_size: 32MiB", std::string socket = {})
      : daemon_(sink_.url(),
                {.more = cat("delivery: {drain_timeout: ", kDrain.count(), "ms, retry: {initial: 5ms, max: 50ms}}"),
                 .socket = std::move(socket),
                 .journal = std::move(journal),
                 .api = ", request_timeout: 60s"}) {}

  void begin_life() {
    daemon_.set_key(Oracle::key_of(lives_++));
    daemon_.launch();
  }
  void start() {
    begin_life();
    ASSERT_NO_FATAL_FAILURE(daemon_.wait_until_ready());
    load_.emplace(daemon_, oracle_, Load::Writers{.stream = 3, .http = 2, .spool = 1});
  }
  void wait_for_load() { EXPECT_TRUE(oracle_.acknowledgements().wait_for(oracle_.acknowledgements().count() + 200)); }
  // Until the daemon says so of its destination.
  void wait_until_not_delivering() {
    EXPECT_TRUE(daemon_.wait_for_metric("respand_circuit_open", 1)) << daemon_.process().err();
    wait_for_load();
  }
  void expect_end_in_time() {
    const MonoTime begin = system_clock().mono();
    daemon_.process().terminate();
    const auto exit = daemon_.process().wait(kInTime);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().mono() - begin);
    ASSERT_TRUE(exit) << "not in time\n" << daemon_.process().err();
    ASSERT_EQ(exit->status, 0) << "signal " << exit->signal << "\n" << daemon_.process().err();
    std::printf("stopped in %lld ms\n", static_cast<long long>(took.count()));
  }
  void expect_all_is_kept();

  Oracle oracle_;
  SinkServer sink_{{}, [this](const sink::Exchange& exchange) { oracle_.arrived(exchange); }};
  Daemon daemon_;
  std::uint64_t lives_ = 0;
  std::vector<Client> clients_;
  std::vector<std::unique_ptr<LineWriter>> writers_;
  std::optional<Load> load_;
};

void Sigterm::spool_files_are_big() {
  std::string lines;
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t number = oracle_.next();
    lines += oracle_.text_of(number) + "\n";
    oracle_.acknowledged(number);
  }
  const std::size_t third = lines.find('\n', lines.size() / 3) + 1;
  const std::size_t other = lines.find('\n', 2 * lines.size() / 3) + 1;
  const auto put = [&](const std::string& name, const std::string& bytes) {
    write_file(daemon_.spool_path() + "/." + name, bytes);
    std::filesystem::rename(daemon_.spool_path() + "/." + name, daemon_.spool_path() + "/" + name);
  };
  put("big.ndjson", lines.substr(0, third));
  put("big.ndjson.gz", gzipped(lines.substr(third, other - third)));
  put("big.ndjson.zst", zstandard(lines.substr(other)));
  EXPECT_TRUE(eventually([&] {
    return daemon_.metric("respand_records_received_total", {{"input", "spool"}}) > 1000;
  }));
}

void Sigterm::the_api_hangs() {
  sink_.set_rules(always({sink::Fault::kHang, 0, 1}));
  EXPECT_TRUE(eventually([&] { return sink_.stats().in_flight > 1; }));
  wait_for_load();
}

void Sigterm::large_records_are_in_flight() {
  sink_.set_rules(always({sink::Fault::kHang, 0, 1}));
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t number = oracle_.next(kLarge);
    Client client = daemon_.connect();
    EXPECT_TRUE(client.send("!ack\n" + oracle_.text_of(number) + "\n"));
    EXPECT_TRUE(client.read_line()) << "acknowledged";
    oracle_.acknowledged(number);
  }
  // And one half of it written.
  clients_.push_back(daemon_.connect());
  EXPECT_TRUE(clients_.back().send("!ack\n" + record(1, kLarge / 2).substr(0, kLarge / 2 - 1024)));
}

void Sigterm::writers_are_slow() {
  for (int i = 0; i < 50; ++i) {
    for (const std::string_view half :
         {R"({"model":)", "POST /api/request-logs/create/ HTTP/1.1\r\nHost:",
          "POST /api/request-logs/create/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"model\":"}) {
      clients_.push_back(daemon_.connect());
      EXPECT_TRUE(clients_.back().send(half));
    }
  }
  EXPECT_TRUE(eventually([&] { return daemon_.metric("respand_connections") >= 150; }));
  wait_for_load();
}

void Sigterm::a_writer_reads_no_answers() {
  clients_.push_back(daemon_.connect());
  std::string bad = "!ack\n";
  for (int i = 0; i < 50'000; ++i) {
    bad += "{\n";
  }
  clients_.back().send(bad, std::chrono::seconds{1});  // as much as goes
  wait_for_load();
}

void Sigterm::the_journal_is_full() {
  sink_.set_rules(always({sink::Fault::kHang, 0, 1}));
  EXPECT_TRUE(eventually([&] { return daemon_.page("/readyz").body.find("journal.max_size") != std::string::npos; }))
      << daemon_.process().err();
}

// The API stops answering before it goes away, because an answer that is cut off would count as lost.
void Sigterm::the_api_is_away() {
  the_api_hangs();
  sink_.stop();
  wait_until_not_delivering();
}

void Sigterm::the_key_is_wrong() {
  sink_.set_rules(always({sink::Fault::kNone, 401, 1}));
  wait_until_not_delivering();
}

void Sigterm::dead_letters_fail() {
  std::filesystem::remove_all(daemon_.dead_letters_path());
  write_file(daemon_.dead_letters_path(), "in its place");
  sink_.set_rules(always({sink::Fault::kNone, 422, 1}));
  EXPECT_TRUE(daemon_.process().wait_for_line("dead letters can't be written")) << daemon_.process().err();
  wait_for_load();
}

// With a backlog to recover, and the signal in the midst of it.
void Sigterm::it_only_starts() {
  sink_.set_rules(always({sink::Fault::kHang, 0, 1}));
  for (int i = 0; i < (kSanitized ? 4 : 20); ++i) {
    writers_.push_back(std::make_unique<LineWriter>(daemon_, oracle_));
    EXPECT_TRUE(writers_.back()->write(500) && writers_.back()->hear_all());
  }
  daemon_.kill();
  begin_life();
  // It has the journal, and recovers it. (A signal before main() ends any process, with nothing begun.)
  const std::string pid = cat(daemon_.process().pid(), "\n");
  EXPECT_TRUE(eventually([&] { return read_file(daemon_.journal_path() + "/lock") == pid; }));
}

void Sigterm::expect_all_is_kept() {
  ASSERT_TRUE(load_->pause());
  sink_.start();
  sink_.set_rules({});
  begin_life();
  ASSERT_NO_FATAL_FAILURE(daemon_.wait_until_ready());
  ASSERT_TRUE(eventually([&] { return names_in(daemon_.spool_path()).empty(); }, 3 * kPatience));
  ASSERT_TRUE(eventually([&] { return daemon_.metric("respand_backlog_records") == 0; }, 3 * kPatience));
  daemon_.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  const Oracle::Verdict verdict = oracle_.verdict(lives_);
  EXPECT_GT(verdict.acknowledged, 200U);
  EXPECT_EQ(verdict.lost, 0U);
  EXPECT_EQ(verdict.altered, 0U);
  EXPECT_EQ(verdict.retaken, 0U);
  EXPECT_EQ(verdict.repeated, 0U);
  for (const std::uint64_t duplicates : verdict.duplicates) {
    EXPECT_EQ(duplicates, 0U) << "sent again after it was answered";
  }
}

struct Row {
  std::string_view name;
  Sigterm::Arrange arrange;
  std::string_view journal = ", segment_size: 32MiB";
  std::string_view socket = {};
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class SigtermWhile : public Sigterm, public testing::WithParamInterface<Row> {
 protected:
  SigtermWhile() : Sigterm(std::string(GetParam().journal), std::string(GetParam().socket)) {}
};

TEST_P(SigtermWhile, ItEndsInTimeAndKeepsAll) {
  ASSERT_NO_FATAL_FAILURE(start());
  (this->*GetParam().arrange)();
  ASSERT_FALSE(HasFailure());
  ASSERT_NO_FATAL_FAILURE(expect_end_in_time());
  ASSERT_NO_FATAL_FAILURE(expect_all_is_kept());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SigtermWhile,
    testing::Values(Row{"NothingIsWrong", &Sigterm::nothing_is_wrong},
                    Row{"SpoolFilesAreBig", &Sigterm::spool_files_are_big}, Row{"TheApiHangs", &Sigterm::the_api_hangs},
                    Row{"LargeRecordsAreInFlight", &Sigterm::large_records_are_in_flight},
                    Row{"WritersAreSlow", &Sigterm::writers_are_slow},
                    Row{"AWriterReadsNoAnswers", &Sigterm::a_writer_reads_no_answers},
                    Row{"TheJournalIsFull", &Sigterm::the_journal_is_full, kSmallestJournal, kSmallestSocket},
                    Row{"TheApiIsAway", &Sigterm::the_api_is_away}, Row{"TheKeyIsWrong", &Sigterm::the_key_is_wrong},
                    Row{"DeadLettersFail", &Sigterm::dead_letters_fail}, Row{"ItOnlyStarts", &Sigterm::it_only_starts}),
    [](const auto& test) { return std::string(test.param.name); });

// The resolver asks a server that never answers. Only this thread and its processes see that configuration.
TEST_F(Sigterm, WhileTheNameServerHangsItEndsInTime) {
  const SmallDisk disk(SmallDisk::Kind::kTmpfs, mebibytes(1));
  SKIP_WITHOUT(disk);
  const UniqueFd silent(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  ::inet_pton(AF_INET, "127.53.53.53", &address.sin_addr);
  if (::bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    GTEST_SKIP() << "port 53 of 127.53.53.53 can't be had";
  }
  write_file(disk / "resolv.conf", "nameserver 127.53.53.53\noptions timeout:20 attempts:3\n");
  if (::mount((disk / "resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "/etc/resolv.conf can't be replaced";
  }
  daemon_.set_url("http://api.respand.test");
  ASSERT_NO_FATAL_FAILURE(start());
  std::array<char, 512> question;
  ASSERT_TRUE(Deadline().wait(silent.get(), POLLIN)) << "it does not ask";
  EXPECT_GT(::recv(silent.get(), question.data(), question.size(), 0), 0);
  wait_for_load();
  ASSERT_NO_FATAL_FAILURE(expect_end_in_time());
  ::umount2("/etc/resolv.conf", MNT_DETACH);
  daemon_.set_url(sink_.url());
  ASSERT_NO_FATAL_FAILURE(expect_all_is_kept());
}

class SecondSignal : public testing::TestWithParam<int> {};

TEST_P(SecondSignal, EndsItAtOnce) {
  SinkServer sink(always({sink::Fault::kHang, 0, 1}));
  Daemon daemon(sink.url(), "delivery: {drain_timeout: 10m}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(sink.wait_for_requests(1));
  daemon.process().terminate();
  ASSERT_TRUE(daemon.process().wait_for_line("stopping"));
  daemon.process().send_signal(GetParam());
  const auto exit = daemon.process().wait();
  ASSERT_TRUE(exit) << daemon.process().err();
  EXPECT_EQ(exit->status, 1);
  sink.set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

INSTANTIATE_TEST_SUITE_P(Signals, SecondSignal, testing::Values(SIGTERM, SIGINT),
                         [](const auto& test) { return test.param == SIGTERM ? "Sigterm" : "Sigint"; });

}  // namespace
}  // namespace respand::test
