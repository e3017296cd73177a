// The rule about private headers: tested with examples, and applied to app and cli.

#include "tests/house/private_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::house {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string table(std::string_view rows) {
  return cat(
      "| a | b | c |\n## Private headers that app and cli use\nProse.\n\n| header | used by | why |\n|---|---|---|\n",
      rows, "\n## Next\n| `x/y.h` | app | no |\n");
}

TEST(PrivateHeaders, AreReadAsWritten) {
  const auto found = parse_private_headers(table("| `fs/a.h`, `fs/b.h` | app, cli | the whole module |\n"));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (PrivateHeaders{{"fs/a.h", {"app", "cli"}}, {"fs/b.h", {"app", "cli"}}}));
  EXPECT_FALSE(parse_private_headers(table("| `fs/a.h` | app | |\n"))) << "no reason";
  EXPECT_FALSE(parse_private_headers(table("| `fs/a.h` | app |\n")));
  EXPECT_FALSE(parse_private_headers("## Something else\n"));
}

TEST(PrivateHeaders, OnlyThoseOfTheTableMayBeUsed) {
  const PrivateHeaders allowed = {{"fs/a.h", {"app"}}};
  const SourceFile good{"daemon/app/x.cc",
                        "#include \"app/x.h\"\n#include <vector>\n#include \"respand/fs/z.h\"\n"
                        "#include \"fs/a.h\"\n"};
  EXPECT_THAT(check_private_headers(allowed, {good}), IsEmpty());
  EXPECT_THAT(check_private_headers(allowed, {good, {"daemon/cli/x.cc", "#include \"fs/a.h\"\n"}}),
              ElementsAre(HasSubstr("daemon/cli/x.cc: \"fs/a.h\" is private")));
  EXPECT_THAT(check_private_headers(allowed, {good, {"daemon/app/y.cc", "#include \"fs/b.h\"\n"}}),
              ElementsAre(HasSubstr("daemon/app/y.cc: \"fs/b.h\" is private")));
  EXPECT_THAT(check_private_headers(allowed, {{"daemon/app/x.cc", "int x;\n"}}),
              ElementsAre(HasSubstr("'app' does not use \"fs/a.h\" any more")));
}

TEST(Tree, AppAndCliUseNoPrivateHeaderButThoseOfTheTable) {
  const auto allowed = parse_private_headers(file("daemon/README.md"));
  ASSERT_TRUE(allowed) << allowed.error().message;
  std::string wrong;
  for (const std::string& line : check_private_headers(*allowed, sources({"daemon/app", "daemon/cli"}))) {
    wrong += line + "\n";
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace respand::house
