// The rules about size: tested with examples, and applied to the source tree.

#include "tests/house/size_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "respand/base/text.h"

namespace respand::house {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::size_t members(const std::string& body) {
  const auto found = class_sizes(cat("namespace a {\nclass X {\n", body, "\n};\n}\n"));
  return found.empty() ? 4711 : found.back().members;
}

TEST(ClassSizes, CountFunctionsAndData) {
  EXPECT_EQ(members(""), 0U);
  EXPECT_EQ(members("int a; int b = 2; std::string c{\"};{\"}; std::map<int, std::pair<int, int>> d{};"), 4U);
  EXPECT_EQ(members("void f(); int g() const { return (1); } static X make(int a = {}, int b = 3);"), 3U);
  EXPECT_EQ(members("X(); explicit X(int a) : a_{a}, b_(a) {} virtual ~X() = default; int a_; int b_;"), 5U);
  EXPECT_EQ(members("std::function<void(int)> f = [](int) { go(); }; std::function<bool()> g;"), 2U);
  EXPECT_EQ(members("[[nodiscard]] bool operator<(const X& other) const; X& operator=(const X&) = default;"), 2U);
  EXPECT_EQ(members("int a GUARDED_BY(mutex_) = 0; Time b GUARDED_BY(mutex_){}; void f() REQUIRES(mutex_);"), 3U);
  EXPECT_EQ(members("template <typename T, class U>\nvoid f(const T& t) { struct Y {}; }\nint a;"), 2U);
  EXPECT_EQ(members("void f() {} void g() {}\n virtual int h() = 0;"), 3U);
}

TEST(ClassSizes, LeaveOutWhatIsNoMember) {
  EXPECT_EQ(members("public:\n protected:\n private:\n"), 0U);
  EXPECT_EQ(members("using A = int; typedef int B; friend class Y; friend bool operator==(X, X) = default;"), 0U);
  EXPECT_EQ(members("static constexpr int kMost = 3; static constexpr int kShifted = 8U << 20; int a;"), 1U);
  EXPECT_EQ(members("static constexpr Duration kLong = std::chrono::seconds{1};"), 0U);
  EXPECT_EQ(members("X(const X&) = delete; static_assert(sizeof(int) == 4); enum class E { kA, kB }; class Y;"), 0U);
  EXPECT_EQ(members("// int a;\n/* int b; */\n#define C int c;\n"), 0U);
  EXPECT_EQ(members("static constexpr int most() { return 3; }"), 1U) << "a function";
}

TEST(ClassSizes, AreOfEachClassAlone) {
  const auto found = class_sizes(
      "namespace a::b {\nenum class Mode : int { kA };\nstruct Value { int a; int b; };\n"
      "class [[nodiscard]] Outer final : public Base<int> {\n public:\n  struct Inner { int x; void f(); };\n"
      "  Inner in;\n private:\n  struct { int y; } rest_;\n};\nint free_one() { return 1; }\n}\n");
  std::vector<std::string> texts;
  for (const ClassSize& one : found) {
    texts.push_back(cat(one.name, " ", one.members));
  }
  EXPECT_THAT(texts, ElementsAre("Value 2", "Outer::Inner 2", "Outer::(unnamed) 1", "Outer 2"));
}

TEST(Sizes, HaveALimit) {
  EXPECT_THAT(check_sizes({{"a", 400}, {"e", 90}}, 400, "lines"), IsEmpty());
  EXPECT_THAT(check_sizes({{"a", 400}, {"b", 401}}, 400, "lines"), ElementsAre(HasSubstr("b: 401 lines, at most 400")));
}

std::string joined(const std::vector<std::string>& wrong) {
  std::string text;
  for (const std::string& line : wrong) {
    text += line + "\n";
  }
  return text;
}

// Applications copy the client's header as one file: it may be long.
constexpr std::string_view kClientHeader = "include/respand/client.h";

TEST(Tree, NoFileIsTooLong) {
  std::vector<Sized> all;
  for (const SourceFile& source : sources({"daemon", "include", "tests", "bench"})) {
    if (source.path != kClientHeader) {
      all.push_back({source.path, static_cast<std::size_t>(std::count(source.text.begin(), source.text.end(), '\n'))});
    }
  }
  ASSERT_FALSE(all.empty());
  EXPECT_THAT(joined(check_sizes(all, kMostLines, "lines")), IsEmpty());
}

TEST(Tree, NoClassHasTooManyMembers) {
  std::vector<Sized> all;
  for (const SourceFile& source : sources({"daemon", "include"})) {
    if (source.path.ends_with(".h") && source.path != kClientHeader) {
      for (const ClassSize& one : class_sizes(source.text)) {
        all.push_back({cat(source.path, " ", one.name), one.members});
      }
    }
  }
  ASSERT_FALSE(all.empty());
  EXPECT_THAT(joined(check_sizes(all, kMostMembers, "members")), IsEmpty());
}

}  // namespace
}  // namespace respand::house
