// The rules about #includes, tested with tables and files that break them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/house/layers.h"

namespace respand::house {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kHead =
    "# Title\n| 9 | `no` | outside | – | – | x |\n\n## Layers\nProse.\n\n"
    "| layer | module | does | may use | libraries | runs on |\n|---|---|---|---|---|---|\n";

std::string table(std::string_view rows) { return cat(kHead, rows, "\n## Next\n| 1 | a | b |\n"); }

const std::string kTable = table(
    "| 0 | `base` | results | – | tl::expected, spdlog | any |\n"
    "| 1 | `fs` | files | base | – | owner |\n"
    "| 2 | `journal` | bytes | base, fs | xxHash | journal |\n"
    "| 3 | `ingest` | doors | base, journal/intake.h | Asio, zlib | io |\n"
    "| 4 | `app` | wiring | all | Asio | main |\n");

std::vector<std::string> check(const std::string& path, const std::string& text) {
  return check_includes(parse_layers(kTable).value(), {path, text});
}

TEST(LayerTable, IsReadAsWritten) {
  const Layers layers = parse_layers(kTable).value();
  EXPECT_EQ(layers.size(), 5U);
  EXPECT_THAT(layers.at("base").modules, IsEmpty());
  EXPECT_THAT(layers.at("base").libraries, ElementsAre("spdlog", "tl::expected"));
  EXPECT_THAT(layers.at("ingest").modules, ElementsAre("base"));
  EXPECT_THAT(layers.at("ingest").headers, ElementsAre("journal/intake.h"));
  EXPECT_THAT(layers.at("app").modules, ElementsAre("base", "fs", "ingest", "journal"));
  EXPECT_EQ(layers.at("app").layer, 4);
}

TEST(LayerTable, MistakesAreErrors) {
  const std::string base = "| 0 | `base` | x | – | – | any |\n";
  const std::pair<std::string, std::string> cases[] = {
      {"", "no layer table"},
      {base + "| 1 | `a` | x | base | any |\n", "not six columns"},
      {base + "| one | `a` | x | base | – | any |\n", "not a digit"},
      {base + base, "a row already"},
      {base + "| 1 | `a` | x | bass | – | any |\n", "'bass'"},
      {base + "| 0 | `a` | x | base | – | any |\n", "lower layer"},
      {base + "| 1 | `a` | x | b | – | any |\n| 2 | `b` | x | base | – | any |\n", "lower layer"},
      {base + "| 1 | `a` | x | a | – | any |\n", "lower layer"},
      {base + "| 1 | `a` | x | b/x.h | – | any |\n", "'b'"},
      {base + "| 1 | `a` | x | base | libfoo | any |\n", "no such library: libfoo"},
  };
  for (const auto& [rows, message] : cases) {
    const auto parsed = parse_layers(table(rows));
    ASSERT_FALSE(parsed) << rows;
    EXPECT_THAT(parsed.error().message, HasSubstr(message));
  }
}

TEST(Includes, WhatTheRowAllowsPasses) {
  EXPECT_THAT(check("daemon/ingest/a.cc",
                    "#include \"ingest/a.h\"\n\n#include <zlib.h>\n#include <unistd.h>\n#include "
                    "<sys/socket.h>\n#include <vector>\n"
                    "#include <boost/asio/io_context.hpp>\n#include \"respand/base/fd.h\"\n#include "
                    "\"respand/journal/intake.h\"\n"),
              IsEmpty());
  EXPECT_THAT(check("include/respand/base/result.h", "#include <tl/expected.hpp>\n"), IsEmpty());
  EXPECT_THAT(check("daemon/app/a.cc", "#include \"journal/journal.h\"\n#include \"ingest/a.h\"\n"), IsEmpty());
}

TEST(Includes, WhatItDoesNotAllowIsNamedWithItsLine) {
  EXPECT_THAT(check("daemon/fs/a.cc", "#include <string>\n#include \"respand/journal/intake.h\"\n"),
              ElementsAre("daemon/fs/a.cc:2: 'fs' may not use \"respand/journal/intake.h\""));
  const std::pair<std::string, std::string> cases[] = {
      {"daemon/ingest/a.cc", "#include \"respand/journal/outlet.h\""},  // another header of a module allowed by header
      {"daemon/ingest/a.cc", "#include \"respand/fs/file_system.h\""},
      {"daemon/ingest/a.cc", "#include \"journal/intake.h\""},  // private, of the same name
      {"daemon/journal/a.cc", "#include \"fs/posix_file.h\""},  // private, of a module allowed
      {"daemon/journal/a.cc", "#include \"respand/app/daemon.h\""},
      {"daemon/journal/a.cc", "#include \"app/daemon.h\""},
      {"daemon/journal/a.cc", "  #  include   \"app/daemon.h\" // why not"},
      {"daemon/journal/a.cc", "#include <respand/app/daemon.h>"},
      {"daemon/journal/a.cc", "#include <app/daemon.h>"},
      {"daemon/journal/a.cc", "#include <boost/asio/io_context.hpp>"},
      {"daemon/journal/a.cc", "#include <boost/optional.hpp>"},
      {"daemon/journal/a.cc", "#include <systemd/sd-daemon.h>"},
      {"daemon/journal/a.cc", "#include <sys/inotify.h>"},
      {"daemon/journal/a.cc", "#include <some_library.h>"},
      {"daemon/journal/a.cc", "#include \"unknown/a.h\""},
      {"daemon/journal/a.cc", "#include \"a.h\""},
      {"daemon/journal/a.cc", "#include HEADER"},
      {"daemon/nowhere/a.cc", ""},
      {"daemon/a.cc", ""},
      {"include/respand/ingest/a.h", "#include <boost/asio/io_context.hpp>"},
      {"include/respand/ingest/a.h", "#include \"ingest/b.h\""},
      {"include/respand/journal/a.h", "#include <xxhash.h>"},
  };
  for (const auto& [path, text] : cases) {
    EXPECT_EQ(check(path, text).size(), 1U) << path << " " << text;
  }
}

TEST(Links, AreHeldToTheSameTable) {
  const Layers layers = parse_layers(kTable).value();
  EXPECT_THAT(
      check_links(layers, "ingest", "respand_module(ingest\n  SOURCES a.cc\n  USES base journal\n  LIBRARIES x)\n"),
      IsEmpty());
  EXPECT_THAT(check_links(layers, "journal", "respand_module(journal SOURCES a.cc USES base fs\n  ingest)\n"),
              ElementsAre("daemon/journal/CMakeLists.txt: 'journal' may not link 'ingest'"));
  EXPECT_THAT(check_links(layers, "base", "respand_module(base SOURCES a.cc)\nother(USES app)\n"), IsEmpty());
}

}  // namespace
}  // namespace respand::house
