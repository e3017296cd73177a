// A disk that is really full, down to the last block, with the real binary: a small ext4 and a small tmpfs. Nothing
// acknowledged is lost, refusals say why, delivered records are not sent again after a kill -9, and the daemon goes on
// by itself when there is room.

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "tests/integration/line_writer.h"
#include "tests/support/json.h"
#include "tests/support/small_disk.h"

namespace respand::test {
namespace {

constexpr std::uint64_t kMaxInFlight = 64;
constexpr std::size_t kGroup = 20;

sink::Rules always(int status) {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, status, 1}};
  return rules;
}

// The daemon, with an API that refuses everything at first, and a disk that may hold some of its folders.
class OnASmallDisk : public testing::Test {
 protected:
  void make(SmallDisk::Kind kind, std::uint64_t inodes = 0) {
    disk_.emplace(kind, kind == SmallDisk::Kind::kExt4 ? mebibytes(24) : mebibytes(10), inodes);
    if (disk_->why_not().empty()) {
      sink_.emplace(always(503), [this](const sink::Exchange& exchange) { oracle_.arrived(exchange); });
    }
  }
  void start_with(Daemon::Setup setup) {
    setup.more = cat("delivery: {max_in_flight: ", kMaxInFlight, ", retry: {initial: 5ms, max: 50ms}}");
    setup.socket = ", max_record: 900KiB";
    setup.api = ", request_timeout: 60s";
    daemon_.emplace(sink_->url(), std::move(setup));
    begin_life();
  }
  void begin_life() {
    daemon_->set_key(Oracle::key_of(lives_++));
    ASSERT_NO_FATAL_FAILURE(daemon_->start());
  }
  [[nodiscard]] std::string not_ready() const {
    const HttpMessage page = daemon_->page("/readyz");
    return page.status() == 503 ? page.body : std::string();
  }
  [[nodiscard]] bool full() const { return not_ready().find("No space left on device") != std::string::npos; }
  [[nodiscard]] double dropped() const { return daemon_->metric("respand_records_dropped_total"); }
  [[nodiscard]] bool balanced() const {
    return eventually([&] { return daemon_->imbalance().empty(); });
  }
  // Writes and listens until `enough`.
  template <typename Condition>
  [[nodiscard]] bool write_until(LineWriter& writer, Condition&& enough) {
    return eventually([&] {
      if (writer.open() == 0) {
        writer.write(kGroup);
      }
      while (writer.hear(Duration{0})) {
      }
      return enough();
    });
  }
  // Everything that was acknowledged and not dropped has arrived, and only records in flight at a kill arrived twice.
  void expect_kept(double lost) {
    ASSERT_NO_FATAL_FAILURE(daemon_->stop());
    const Oracle::Verdict verdict = oracle_.verdict(lives_);
    EXPECT_EQ(static_cast<double>(verdict.lost), lost);
    EXPECT_EQ(verdict.refused, 0U) << "refused, and delivered";
    EXPECT_EQ(verdict.altered, 0U);
    EXPECT_EQ(verdict.retaken, 0U);
    EXPECT_EQ(verdict.repeated, 0U);
    for (const std::uint64_t duplicates : verdict.duplicates) {
      EXPECT_LE(duplicates, kMaxInFlight);
    }
  }

  std::optional<SmallDisk> disk_;
  Oracle oracle_;
  std::optional<SinkServer> sink_;
  std::optional<Daemon> daemon_;
  std::uint64_t lives_ = 0;
};

struct Case {
  SmallDisk::Kind kind;
  std::string_view policy;
};

void PrintTo(const Case& what, std::ostream* out) { *out << what.policy; }

class FullDisk : public OnASmallDisk, public testing::WithParamInterface<Case> {
 protected:
  void fill_up(LineWriter& writer);
  void look_around(const LineWriter& writer);
  void give_room(LineWriter& writer);
};

// Writes until the effect of journal.when_full shows.
void FullDisk::fill_up(LineWriter& writer) {
  const std::uint64_t refused = writer.refused();
  const double before = dropped();
  disk_->fill();
  ASSERT_TRUE(write_until(writer,
                          [&] {
                            disk_->fill();
                            return GetParam().policy == "block"    ? writer.open() > 0 && full()
                                   : GetParam().policy == "reject" ? writer.refused() > refused && writer.open() == 0
                                                                   : dropped() >= before + 300 && writer.open() == 0;
                          }))
      << daemon_->page("/metrics").body << daemon_->process().err();
}

// What the daemon says of itself meanwhile.
void FullDisk::look_around(const LineWriter& writer) {
  EXPECT_EQ(daemon_->page("/healthz").status(), 200);
  EXPECT_EQ(daemon_->metric("respand_backlog_records"), static_cast<double>(writer.acknowledged()) - dropped());
  if (writer.open() == 0) {
    EXPECT_TRUE(balanced()) << daemon_->imbalance();
  }
  if (GetParam().policy == "drop_oldest") {
    EXPECT_EQ(writer.refused(), 0U);
    return;
  }
  EXPECT_EQ(dropped(), 0);
  EXPECT_TRUE(full()) << not_ready();
  if (GetParam().policy == "reject") {
    EXPECT_NE(writer.last_error(), "");
    Client client = daemon_->connect();
    const std::uint64_t number = oracle_.next();
    const auto answer = client.request("POST", "/api/request-logs/create/", oracle_.text_of(number));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), 503) << answer->body;
    EXPECT_NE(answer->header("retry-after"), "");
    EXPECT_NE(member(answer->body, "detail"), "");
    oracle_.refused(number);
  }
}

// It must find out by itself.
void FullDisk::give_room(LineWriter& writer) {
  disk_->free();
  EXPECT_TRUE(writer.hear_all()) << "who waited has its answers";
  EXPECT_TRUE(eventually([&] { return !full(); })) << not_ready();
  const std::uint64_t refused = writer.refused();
  const double before = dropped();
  EXPECT_TRUE(writer.write(10 * kGroup) && writer.hear_all());
  EXPECT_EQ(writer.refused(), refused);
  EXPECT_EQ(dropped(), before);
}

TEST_P(FullDisk, NothingIsLostAndItGoesOnByItself) {
  make(GetParam().kind);
  SKIP_WITHOUT(*disk_);
  start_with({.journal = cat(", segment_size: 1MiB, max_size: 64MiB, when_full: ", GetParam().policy),
              .journal_folder = *disk_ / "journal",
              .dead_letters_folder = *disk_ / "dead"});
  double lost = 0;
  {
    LineWriter writer(*daemon_, oracle_);
    ASSERT_TRUE(writer.write(2000) && writer.hear_all()) << "some segments";
    ASSERT_NO_FATAL_FAILURE(fill_up(writer));
    ASSERT_NO_FATAL_FAILURE(look_around(writer));
    ASSERT_NO_FATAL_FAILURE(give_room(writer));
    ASSERT_NO_FATAL_FAILURE(fill_up(writer));
    lost = dropped();
    daemon_->kill();
    writer.end();
  }
  disk_->fill();
  ASSERT_EQ(disk_->available(), 0U);
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(begin_life());
  EXPECT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0)) << daemon_->page("/metrics").body;
  EXPECT_EQ(static_cast<double>(oracle_.waiting()), lost);

  daemon_->kill();
  const std::uint64_t arrived = oracle_.arrivals().count();
  ASSERT_NO_FATAL_FAILURE(begin_life());
  disk_->fill();
  LineWriter writer(*daemon_, oracle_);
  // The ledger may still read the only segment, which is then not recycled: under `reject` the first records are
  // refused.
  std::uint64_t refused = 0;
  EXPECT_TRUE(eventually([&] {
    refused = writer.refused();
    return writer.write(100) && writer.hear_all() && writer.refused() == refused;
  })) << "delivery has made room";
  EXPECT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(oracle_.arrivals().count(), arrived + writer.acknowledged()) << "what was delivered stayed delivered";
  EXPECT_TRUE(GetParam().policy == "reject" || refused == 0);
  daemon_->expect_books_balance();
  expect_kept(lost);
}

INSTANTIATE_TEST_SUITE_P(
    Disks, FullDisk,
    testing::Values(Case{SmallDisk::Kind::kExt4, "block"}, Case{SmallDisk::Kind::kExt4, "reject"},
                    Case{SmallDisk::Kind::kExt4, "drop_oldest"}, Case{SmallDisk::Kind::kTmpfs, "block"},
                    Case{SmallDisk::Kind::kTmpfs, "reject"}, Case{SmallDisk::Kind::kTmpfs, "drop_oldest"}),
    [](const auto& test) {
      return cat(test.param.kind == SmallDisk::Kind::kExt4 ? "Ext4_" : "Tmpfs_", test.param.policy);
    });

TEST_F(OnASmallDisk, WithoutInodesSegmentsAreUsedAgain) {
  make(SmallDisk::Kind::kTmpfs, 64);
  SKIP_WITHOUT(*disk_);
  start_with({.journal = ", segment_size: 1MiB, max_size: 64MiB", .journal_folder = *disk_ / "journal"});
  LineWriter writer(*daemon_, oracle_);
  ASSERT_TRUE(writer.write(200) && writer.hear_all());
  disk_->fill_inodes();
  ASSERT_TRUE(write_until(writer, [&] { return writer.open() > 0 && full(); })) << daemon_->process().err();
  EXPECT_GT(disk_->available(), 0U);
  EXPECT_NE(not_ready().find("no inodes left"), std::string::npos) << not_ready();
  sink_->set_rules({});
  EXPECT_TRUE(writer.hear_all());
  EXPECT_TRUE(writer.write(3000) && writer.hear_all());
  EXPECT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(not_ready(), "");
  daemon_->expect_books_balance();
  expect_kept(0);
}

class SpoolOnAFullDisk : public OnASmallDisk, public testing::WithParamInterface<SmallDisk::Kind> {};

TEST_P(SpoolOnAFullDisk, RefusedLinesWaitAndNothingElseDoes) {
  make(GetParam());
  SKIP_WITHOUT(*disk_);
  sink_->set_rules({});
  start_with({.spool_folder = *disk_ / "spool"});
  const auto file_of = [&](std::string_view bad) {
    std::string lines(bad);
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t number = oracle_.next();
      lines += oracle_.text_of(number) + "\n";
      oracle_.acknowledged(number);
    }
    return lines;
  };
  const std::string spool = daemon_->spool_path();
  const auto put = [&](const std::string& name) { std::filesystem::rename(spool + "/." + name, spool + "/" + name); };
  write_file(spool + "/.mixed.ndjson", file_of("{\"broken\n"));
  for (int i = 0; i < 5; ++i) {
    write_file(cat(spool, "/.good-", i, ".ndjson"), file_of({}));
  }
  disk_->fill();
  put("mixed.ndjson");
  ASSERT_TRUE(daemon_->process().wait_for_line("refused lines of a spool file can't be kept"));
  for (int i = 0; i < 5; ++i) {
    disk_->fill();
    put(cat("good-", i, ".ndjson"));
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(cat(spool, "/good-", i, ".ndjson")); }));
  }
  EXPECT_TRUE(eventually([&] { return oracle_.waiting() <= 20; })) << "the good files have arrived";
  EXPECT_TRUE(std::filesystem::exists(spool + "/mixed.ndjson"));
  const auto said = lines_of(daemon_->process().err());
  EXPECT_LE(std::count_if(said.begin(), said.end(),
                          [](const std::string& line) { return line.find("can't be kept") != std::string::npos; }),
            3)
      << daemon_->process().err();
  daemon_->kill();
  disk_->free();
  ASSERT_NO_FATAL_FAILURE(begin_life());
  EXPECT_TRUE(eventually([&] { return names_in(spool) == std::vector<std::string>{"rejected"}; }));
  EXPECT_EQ(read_file(spool + "/rejected/mixed.ndjson"), "{\"broken\n");
  EXPECT_TRUE(eventually([&] { return oracle_.waiting() == 0; }));
  expect_kept(0);
}

INSTANTIATE_TEST_SUITE_P(Disks, SpoolOnAFullDisk, testing::Values(SmallDisk::Kind::kExt4, SmallDisk::Kind::kTmpfs),
                         [](const auto& test) { return test.param == SmallDisk::Kind::kExt4 ? "Ext4" : "Tmpfs"; });

TEST_F(OnASmallDisk, DeadLettersThatCanNotBeWrittenStayInTheJournal) {
  make(SmallDisk::Kind::kTmpfs);
  SKIP_WITHOUT(*disk_);
  sink_->set_rules(always(422));
  start_with({.dead_letters_folder = *disk_ / "dead"});
  disk_->fill();
  LineWriter writer(*daemon_, oracle_);
  ASSERT_TRUE(writer.write(kGroup) && writer.hear_all());
  ASSERT_TRUE(daemon_->process().wait_for_line("dead letters can't be written"));
  EXPECT_EQ(daemon_->metric("respand_records_dead_lettered_total"), 0);
  EXPECT_EQ(daemon_->metric("respand_backlog_records"), kGroup);
  // Half of what is tried is refused: the others go through.
  sink::Rules half;
  half.fail = {{sink::Fault::kNone, 422, 0.5}};
  sink_->set_rules(half);
  EXPECT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(oracle_.waiting(), 0U);
  // When there is room again, refused records become dead letters without anybody's help.
  sink_->set_rules(always(422));
  ASSERT_TRUE(writer.write(kGroup) && writer.hear_all());
  EXPECT_TRUE(eventually([&] { return daemon_->metric("respand_requests_total", {{"code", "422"}}) > 3 * kGroup; }));
  EXPECT_EQ(daemon_->metric("respand_backlog_records"), kGroup);
  disk_->free();
  EXPECT_TRUE(daemon_->wait_for_metric("respand_records_dead_lettered_total", kGroup));
  EXPECT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  daemon_->expect_books_balance();
  expect_kept(kGroup);
}

}  // namespace
}  // namespace respand::test
