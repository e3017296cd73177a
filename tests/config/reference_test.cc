// config/REFERENCE.md is written from the table that reads a configuration. Where it is stale:
//   RESPAND_WRITE_REFERENCE=1 build/release/config_test --gtest_filter='Reference.*'

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::config {
namespace {

constexpr const char* kPath = RESPAND_CONFIG_DIR "/REFERENCE.md";

std::string reference() {
  std::string out =
      "# Configuration reference\n\n"
      "Every key of `/etc/respand/respand.yaml`, generated from the table that reads it "
      "(`tests/config/reference_test.cc` says how).\n"
      "A commented file to start from is [respand.yaml](respand.yaml); `respand check --print` shows what is in "
      "force.\n\n"
      "A change of what is marked *reload* counts after `systemctl reload respand`; the rest needs a restart, which "
      "loses nothing.\n"
      "Sizes: `64KiB`, `8MiB`, `4GiB`. Durations: `250ms`, `30s`, `5m`, `2h`, `7d`. `${NAME}` and `${NAME:-default}` "
      "come from the environment.\n"
      "Each key can be set by a variable too, which counts before the file: `socket.path` by `RESPAND_SOCKET_PATH`, a "
      "list "
      "as `[1, 2]`.\n";
  std::string open;
  for (const KeyInfo& key : describe()) {
    if (const std::string section = key.path.substr(0, key.path.find('.')); section != open) {
      open = section;
      out += cat("\n## ", section, "\n| key | default | expects | what it is | |\n|---|---|---|---|---|\n");
    }
    std::string expects = key.expects;
    for (std::size_t at = 0; (at = expects.find('|', at)) != std::string::npos; at += 2) {
      expects.insert(at, "\\");
    }
    out += cat("| `", key.path, "` | ", key.default_text.empty() ? "" : cat("`", key.default_text, "`"), " | ", expects,
               " | ", key.about, " | ", key.reloads ? "reload" : "restart", " |\n");
  }
  return out;
}

TEST(Reference, IsWhatTheTableSays) {
  const std::string wanted = reference();
  if (std::getenv("RESPAND_WRITE_REFERENCE") != nullptr) {
    std::ofstream(kPath) << wanted;
  }
  std::ostringstream found;
  found << std::ifstream(kPath).rdbuf();
  EXPECT_EQ(found.str(), wanted) << kPath << " is stale: RESPAND_WRITE_REFERENCE=1 writes it anew";
}

}  // namespace
}  // namespace respand::config
