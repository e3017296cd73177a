#include "tests/integration/load.h"

#include <filesystem>

#include "tests/integration/line_writer.h"
#include "tests/support/compress.h"

namespace respand::test {
namespace {

// Lines that a writer sends before it waits for an acknowledgement.
constexpr std::size_t kWindow = 100;
constexpr std::size_t kLinesAtOnce = 20;
constexpr std::size_t kRecordsInAFile = 40;
// Files of one writer that wait in the spool directory.
constexpr std::size_t kFiles = 4;

}  // namespace

Load::Load(const Daemon& daemon, Oracle& oracle, const Writers& writers) : daemon_(daemon), oracle_(oracle) {
  for (std::size_t i = 0; i < writers.stream; ++i) {
    threads_.emplace_back([this] { work([this] { write_stream(); }); });
  }
  for (std::size_t i = 0; i < writers.http; ++i) {
    threads_.emplace_back([this] { work([this] { write_http(); }); });
  }
  for (std::size_t i = 0; i < writers.spool; ++i) {
    threads_.emplace_back([this, i] { work([this, i] { write_spool(i); }); });
  }
}

Load::~Load() {
  stop_ = true;
  threads_.clear();
}

bool Load::pause() {
  closed_ = true;
  return eventually([this] { return resting_ == threads_.size(); });
}

bool Load::next_round() const {
  static_cast<void>(eventually([this] { return !may_go_on() || oracle_.waiting() < most_waiting_; }));
  return may_go_on();
}

void Load::work(const std::function<void()>& round) {
  while (!stop_) {
    if (closed_) {
      ++resting_;
      static_cast<void>(eventually([this] { return may_go_on() || stop_; }, std::chrono::hours{1}));
      --resting_;
    } else {
      round();
    }
  }
}

// One connection, for as long as it lasts.
void Load::write_stream() {
  LineWriter writer(daemon_, oracle_);
  if (!writer.connected()) {
    static_cast<void>(eventually([this] { return !may_go_on() || daemon_.connect().connected(); }));
    return;
  }
  for (bool alive = true; alive && next_round();) {
    alive = writer.write(kLinesAtOnce);
    while (alive && writer.open() > kWindow) {
      alive = writer.hear();
    }
  }
  writer.end();
  streamed_ += writer.acknowledged();
}

void Load::write_http() {
  Client client = daemon_.connect();
  if (!client.connected()) {
    static_cast<void>(eventually([this] { return !may_go_on() || daemon_.connect().connected(); }));
    return;
  }
  while (next_round()) {
    std::vector<std::uint64_t> numbers{oracle_.next()};
    std::string body = oracle_.text_of(numbers.front());
    while (numbers.size() <= numbers.front() % 16) {
      numbers.push_back(oracle_.next());
      body += "," + oracle_.text_of(numbers.back());
    }
    const auto answer =
        client.request("POST", "/api/request-logs/create/", numbers.size() == 1 ? body : "[" + body + "]");
    if (!answer) {
      return;
    }
    for (const std::uint64_t number : answer->status() == 200 ? numbers : std::vector<std::uint64_t>()) {
      oracle_.acknowledged(number);
      ++posted_;
    }
  }
}

// A file is a promise from the moment it stands under its name.
void Load::write_spool(std::size_t writer) {
  std::vector<std::string> names;
  for (std::size_t file = 0; next_round(); ++file) {
    std::vector<std::uint64_t> numbers;
    std::string lines;
    for (std::size_t i = 0; i < kRecordsInAFile; ++i) {
      numbers.push_back(oracle_.next());
      lines += oracle_.text_of(numbers.back()) + "\n";
    }
    const std::string hidden = cat(daemon_.spool_path(), "/.writer-", writer);
    write_file(hidden, file % 3 == 0 ? lines : file % 3 == 1 ? gzipped(lines) : zstandard(lines));
    names.push_back(cat(daemon_.spool_path(), "/", writer, "-", numbers.front(), ".ndjson",
                        file % 3 == 0   ? ""
                        : file % 3 == 1 ? ".gz"
                                        : ".zst"));
    std::filesystem::rename(hidden, names.back());
    renames_.add();
    for (const std::uint64_t number : numbers) {
      oracle_.acknowledged(number);
      ++spooled_;
    }
    static_cast<void>(eventually([&] {
      std::erase_if(names, [](const std::string& name) { return !std::filesystem::exists(name); });
      return names.size() < kFiles || !may_go_on();
    }));
  }
}

}  // namespace respand::test
