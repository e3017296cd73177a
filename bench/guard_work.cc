// Works whose instructions bench/guard counts under valgrind: each does the same number of steps again and again on one
// thread, with clock and random numbers of its own, so that two runs differ in nothing but their number.
//   build/release/guard_work build                        what the figures depend on: compiler, flags, libraries
//   build/release/guard_work WORK COUNT [FOLDER|URL [CA_FILE]]
// WORK: record (judge and encode a record of 1.3 KB), journal and journal_group (a record, or 100 in one batch:
// written, synced, taken, read back, acknowledged; in FOLDER), worker and worker_batch (a record, or a batch of 500,
// through a worker whose API is a function), post (a POST to URL, and its answer, before the next). Exit status: 0
// done, 1 failed.

#include <gnu/libc-version.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/text.h"
#include "respand/encode/record_encoder.h"
#include "respand/http/client.h"
#include "respand/record/prices.h"
#include "tests/delivery/world.h"
#include "tests/journal/bench_of_records.h"
#include "tests/record/samples.h"

namespace {

using namespace respand;

constexpr std::size_t kGroup = 100;
constexpr std::uint32_t kBatch = 500;
constexpr std::uint32_t kRecord = 1300;  // bytes

// Ends the program where a work does not what it should: its figure would be one of something else.
void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "guard_work: %s\n", what);
    std::exit(1);
  }
}

// A record that names its cost, and one whose cost is worked out from a price list.
std::vector<std::string> records() {
  std::string unpriced = record::usual_record();
  const std::string_view own = R"("cost":0.00141,"generation_time":1.2837,)";
  unpriced.replace(unpriced.find(own), own.size(),
                   R"("start_time":"2026-11-21T10:00:00.184201Z","end_time":"2026-11-21T10:00:01.467901Z",)");
  const std::string_view model = "nextbit256/cydonia-2b";
  unpriced.replace(unpriced.find(model), model.size(), "openai/gpt-4o-2024-08-06");
  return {record::usual_record(), unpriced};
}

void encode_records(std::uint64_t count) {
  const std::vector<std::string> texts = records();
  const ManualClock clock;
  metrics::Registry registry;
  const encode::MissingCounters missing(registry);
  SnapshotCell<record::PriceTable> prices;
  prices.set(std::make_shared<const record::PriceTable>());
  encode::RecordEncoder encoder({.additions = {}, .prices = &prices, .missing = &missing}, clock, 1);
  journal::Recorder producer;
  journal::Batch batch(producer, journal::Batch::kUsualCapacity);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string& text = texts[i % texts.size()];
    const record::ParsedRecord parsed = encoder.parse(text);
    require(parsed.ok, "a record is refused");
    if (!batch.fits(0, encoder.prepare(text, parsed.fields))) {
      batch.clear();
    }
    encoder.append(batch, text, parsed.fields, {});
  }
}

// Each turn: a batch of so many records is written and synced, taken, read back and acknowledged.
void write_and_read(const std::string& folder, std::uint64_t turns, std::size_t group) {
  journal::Settings settings;
  settings.directory = folder + "/journal";
  journal::Life life(fs::posix(), settings);
  require(!life.failure, "the journal can't be opened");
  const std::vector<std::string> payloads(group, std::string(kRecord, 'x'));
  std::string payload;
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    require(life.put(payloads), "the journal does not take a batch");
    journal::Ref ref;
    std::size_t taken = 0;
    for (; life.journal->reader().take(ref); ++taken) {
      require(life.journal->reader().read(ref, payload).has_value(), "a record can't be read");
      const journal::Ack done{ref.sequence, ref.length};
      require(life.journal->reader().acknowledge({&done, 1}) == 1, "a record is not acknowledged");
    }
    require(taken == group, "not all records were taken");
    life.clock.advance(std::chrono::milliseconds{1});
  }
}

// Each turn: so many records go through the worker, in one batch where there are several.
void deliver(std::uint64_t turns, std::uint32_t group) {
  std::optional<delivery::Batching::Settings> batches;
  if (group > 1) {
    batches = delivery::Batching::Settings{group, mebibytes(8), std::chrono::milliseconds{20}};
  }
  delivery::World world([](std::uint64_t, MonoTime) { return delivery::status(200); }, {}, 256, 8192, batches);
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    world.add(group, kRecord);
    world.run_for(std::chrono::seconds{10});
  }
  require(world.outlet.acknowledged.size() == turns * group, "not all records were delivered");
  require(world.client->starts.size() == turns, "a turn was not one request");
}

void post(const std::string& url, const std::string& ca_file, std::uint64_t count) {
  http::start_library();
  http::Target target;
  target.url = url;
  target.ca_file = ca_file;
  target.bearer = "guard";
  target.user_agent = "respand/guard";
  target.request_timeout = std::chrono::minutes{5};  // valgrind is slow
  target.connect_timeout = std::chrono::minutes{1};
  const std::unique_ptr<http::Client> client = http::make_client(target, system_clock());
  std::string payload = record::usual_record();
  std::vector<http::Answer> answers;
  for (std::uint64_t i = 0; i < count; ++i) {
    client->start(i, std::move(payload));
    for (answers.clear(); answers.empty();) {
      client->poll(
          MonoTime::max(), [] { return true; }, answers);
    }
    require(answers.size() == 1 && answers[0].status == 200, "a request was not answered with 200");
    payload = std::move(answers[0].payload);
  }
}

// The processor decides which of the libraries' functions are taken.
std::string processor() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0 ? "AVX2" : "no AVX2";
#else
  return "";
#endif
}

// Without the numbers of patches, which come by the month and change nothing here.
std::string libraries() {
  std::string text = cat("glibc ", ::gnu_get_libc_version());
  std::istringstream words(http::library_version());
  for (std::string word; words >> word;) {
    if (word.starts_with("libcurl/") || word.starts_with("nghttp2/") || word.starts_with("OpenSSL/")) {
      text += cat(", ", word.substr(0, word.rfind('.')));
    }
  }
  return text;
}

int run(const std::vector<std::string>& words) {
  const std::string work = words.empty() ? "" : words[0];
  const std::uint64_t count = words.size() > 1 ? std::strtoull(words[1].c_str(), nullptr, 10) : 0;
  const std::string place = words.size() > 2 ? words[2] : "";
  if (work == "build") {
    std::printf("%s, %s\n%s\n", RESPAND_GUARD_BUILD, processor().c_str(), libraries().c_str());
  } else if (work == "record") {
    encode_records(count);
  } else if (work == "journal" && !place.empty()) {
    write_and_read(place, count, 1);
  } else if (work == "journal_group" && !place.empty()) {
    write_and_read(place, count, kGroup);
  } else if (work == "worker") {
    deliver(count, 1);
  } else if (work == "worker_batch") {
    deliver(count, kBatch);
  } else if (work == "post" && !place.empty()) {
    post(place, words.size() > 3 ? words[3] : "", count);
  } else {
    std::fprintf(stderr, "guard_work: there is no such work; its file says which there are\n");
    return 64;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "guard_work: %s\n", error.what());
    return 1;
  }
}
