// The rule about comments, tried on examples, and the public headers, held to it.

#include "tests/house/comment_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace respand::house {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> missing(const std::string& text) {
  return check_comments({"a.h", "#pragma once\n\nnamespace a {\n\n" + text + "\n\n}  // namespace a\n"});
}
std::vector<std::string> missing_in_class(const std::string& body) {
  return missing("// A class.\nclass X {\n public:\n" + body + "\n};");
}

TEST(Comments, AreAboveADeclarationOrBehindIt) {
  for (const char* text :
       {"int f();", "struct X {};", "class X final : public Y {\n};", "enum class E { kA };", "using A = int;",
        "inline constexpr int kA = 1;", "template <typename T>\nvoid f(T t) {\n  // Inside.\n}",
        "inline constexpr char kUrl[] = \"//\";", "int f();  // NOLINT(x)"}) {
    EXPECT_EQ(missing(text).size(), 1U) << text;
    EXPECT_THAT(missing("// What it is.\n" + std::string(text)), IsEmpty()) << text;
  }
  EXPECT_EQ(missing("// Far above.\n\nint f();").size(), 1U);
  EXPECT_EQ(missing("// NOLINTNEXTLINE(x)\nint f();").size(), 1U);
  EXPECT_THAT(missing("// What it is.\n// NOLINTNEXTLINE(x)\nint f();"), IsEmpty());
  EXPECT_THAT(missing("int f();  // what it is"), IsEmpty());
  EXPECT_THAT(missing("int f(int a,\n      int b);  // what it is"), IsEmpty());
  EXPECT_THAT(missing("inline int f() {  // what it is\n  return 1;\n}"), IsEmpty());
}

TEST(Comments, AreSharedByARun) {
  EXPECT_THAT(missing("// Both.\nint f();\nint g();"), IsEmpty());
  EXPECT_THAT(missing("// Both.\nint f() {\n  return 1;\n}\nint g();\nint h();  // and this"), IsEmpty());
  EXPECT_EQ(missing("// This one.\nint f();\n\nint g();").size(), 1U) << "a blank line ends it";
  EXPECT_EQ(missing("int f();  // this one\nint g();").size(), 1U) << "behind its line it is for that alone";
  EXPECT_EQ(missing("int f();\n// This one.\nint g();\nint h();").size(), 1U);
  EXPECT_EQ(missing("// This one.\nint f();\nstruct X {};").size(), 1U) << "a class has its own";
  EXPECT_EQ(missing("// This one.\nstruct X {};\nint f();").size(), 1U);
  EXPECT_EQ(missing("// This one.\nenum class E {\n  kA,\n};\nint f();").size(), 1U);
  EXPECT_THAT(missing("// Both.\nenum class E { kA };\nenum class F { kB };"), IsEmpty());
}

TEST(Comments, AreOfPublicMembersToo) {
  EXPECT_THAT(missing_in_class("  int f();"), ElementsAre("a.h:8: no comment says what it is: X: int f()"));
  EXPECT_EQ(missing_in_class("  explicit X(int a) : a_(a) {}").size(), 1U);
  EXPECT_EQ(missing_in_class("  static constexpr int kMost = 3;").size(), 1U);
  EXPECT_EQ(missing_in_class("  // Inner.\n  struct Y {\n    int a = 0;\n    int b = 0;  // what it is\n  };").size(),
            1U);
  EXPECT_THAT(missing_in_class("  // What it does.\n  int f();\n  int a = 0;  // what it is"), IsEmpty());
  EXPECT_THAT(missing_in_class(" private:\n  int f();\n  struct Y {\n    int a;\n  };"), IsEmpty());
  EXPECT_EQ(missing_in_class(" private:\n  int f();\n public:\n  int g();").size(), 1U);
  EXPECT_THAT(missing("// A class.\nclass X {\n  int a;\n};"), IsEmpty()) << "private from the start";
  EXPECT_EQ(missing("// A struct.\nstruct X {\n  int a;\n};").size(), 1U);
}

TEST(Comments, AreNotNeededByWhatExplainsItself) {
  EXPECT_THAT(missing("class X;\nstruct Y;\nstatic_assert(sizeof(int) == 4);"), IsEmpty());
  EXPECT_THAT(missing("namespace detail {\nint f();\n}"), IsEmpty());
  EXPECT_THAT(missing("// A struct.\ntypedef struct x {\n  int a;  // what it is\n} x;"), IsEmpty());
  EXPECT_THAT(missing_in_class("  X();\n  ~X();\n  X(const X&) = delete;\n  X(X&& other) noexcept : a_(other.a_) {}\n  "
                               "X& operator=(X&& other) noexcept {}\n"
                               "  friend bool operator==(X, X) = default;\n  int f() const override;\n  using Y::Y;"),
              IsEmpty());
}

TEST(Comments, AreInThePublicHeaders) {
  auto headers = sources({"include"});
  ASSERT_FALSE(headers.empty());
  std::string wrong;
  for (SourceFile& header : headers) {
    // The client in one file: behind this line is no header any more.
    header.text.resize(std::min(header.text.size(), header.text.find("#ifdef RESPAND_CLIENT_IMPLEMENTATION")));
    for (const std::string& line : check_comments(header)) {
      wrong += line + "\n";
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace respand::house
