#pragma once
// A stand-in for the Respan API on this machine: `respand sink`, the demo, the tests and the benchmarks use it. It
// takes records as the API does, fails as it is told, and counts. POST /api/request-logs/create/ and
// /api/request-logs/, and batches to /api/request-logs/batch/create and /api/request-logs/bulk, each with or without
// /api and the last slash; GET /stats.
//
// Memory: 11 to 22 bytes for each different custom_identifier (identifier_set.h), and for each of up to 1024
// connections 64 KiB and the body being read (20 MiB at most). Nothing else grows.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "sink/options.h"
#include "sink/script.h"
#include "sink/tally.h"

namespace respand::sink {

// A request to a path of the API and what it got. `body` holds until the hook returns.
struct Exchange {
  std::string_view body;
  std::string_view authorization;
  Verdict verdict;
  std::string_view target{};
  std::string_view content_type{};
};

class Sink {
 public:
  // Called on the sink's thread when the verdict is known and before it is carried out; must be quick.
  using Hook = std::function<void(const Exchange&)>;

  // Listens when it returns. kExists: the address is in use.
  [[nodiscard]] static Result<std::unique_ptr<Sink>> open(Options options, Hook hook = {});
  ~Sink();

  // The port that is listened on. Any thread.
  [[nodiscard]] std::uint16_t port() const;
  // Serves on the calling thread until stop(), or a signal where the options say so. Once.
  void run();
  // Any thread; before run() as well. Requests without an answer get none.
  void stop();
  // In force for the next request when it returns. Any thread.
  void set_rules(Rules rules);
  [[nodiscard]] Stats stats() const;  // any thread

 private:
  struct Impl;
  explicit Sink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::sink
