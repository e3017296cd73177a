// The files of the status page: small, all our own, and nothing in them that its Content-Security-Policy would stop.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "app/page_files.h"
#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::app {
namespace {

using testing::HasSubstr;

const std::string kFolder = cat(RESPAND_SOURCE_DIR, "/daemon/app/page/");

std::string_view content(std::string_view path) {
  for (const PageFile& file : kPageFiles) {
    if (file.path == path) {
      return file.content;
    }
  }
  ADD_FAILURE() << path << " is not served";
  return {};
}

TEST(StatusPageFiles, AreThoseOfTheFolder) {
  for (const auto& [path, file] : {std::pair("/", "index.html"),
                                   {"/page.js", "page.js"},
                                   {"/page.css", "page.css"},
                                   {"/charts.js", "charts.js"},
                                   {"/tables.js", "tables.js"},
                                   {"/format.js", "format.js"},
                                   {"/icon.svg", "icon.svg"},
                                   {"/uplot.css", "uplot/uPlot.min.css"}}) {
    EXPECT_EQ(content(path), test::read_file(kFolder + file)) << path;
  }
  EXPECT_TRUE(content("/uplot.js").ends_with(test::read_file(kFolder + "uplot/uPlot.iife.min.js")));
  EXPECT_THAT(std::string(content("/uplot.js")), HasSubstr(test::read_file(kFolder + "uplot/LICENSE")))
      << "its licence goes with it";
}

TEST(StatusPageFiles, TakeEightyKilobytesWithTheCharts) {
  std::size_t bytes = 0;
  for (const PageFile& file : kPageFiles) {
    bytes += file.content.size();
  }
  EXPECT_LE(bytes, 80'000U);
}

// No script, style or handler inside the page, and nothing from elsewhere. (A namespace of SVG names a URL.)
TEST(StatusPageFiles, KeepToThePolicy) {
  const std::string page(content("/"));
  EXPECT_FALSE(std::regex_search(page, std::regex("<script(?![^>]* src=)|<style| style=| on[a-z]+=|javascript:")));
  for (const PageFile& file : kPageFiles) {
    const std::string text(file.content);
    if (file.path != "/uplot.js" && file.path != "/icon.svg") {
      EXPECT_EQ(text.find("://"), std::string::npos) << file.path;
    }
    EXPECT_EQ(text.find("url("), std::string::npos) << file.path;
    for (const char* const html :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"}) {
      EXPECT_EQ(text.find(html), std::string::npos) << file.path << " takes a text for HTML or a script: " << html;
    }
  }
}

TEST(StatusPageFiles, UplotIsWhatItsReadmeSays) {
  const std::string readme = test::read_file(kFolder + "uplot/README.md");
  for (const std::string file : {"uPlot.iife.min.js", "uPlot.min.css"}) {
    test::Process sum("/usr/bin/env", {"sha256sum", kFolder + "uplot/" + file});
    ASSERT_TRUE(sum.wait());
    EXPECT_THAT(readme, HasSubstr(cat("| ", file, " | dist/", file, " | `", sum.out().substr(0, 64), "` |")));
  }
  EXPECT_THAT(std::string(content("/uplot.js")), HasSubstr("uPlot (v1.6.32)"));
  EXPECT_THAT(readme, HasSubstr("1.6.32"));
  EXPECT_THAT(test::read_file(cat(RESPAND_SOURCE_DIR, "/package/debian/copyright")), HasSubstr("Leon Sorokin"));
}

}  // namespace
}  // namespace respand::app
