#include "http/key_mask.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <functional>
#include <vector>

#include "respand/base/random.h"
#include "respand/base/text.h"

namespace respand::http {
namespace {

std::string masked(const std::string& key, std::string text) {
  KeyMask(key).apply(text);
  return text;
}

std::string format(const char* form, char c) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), form, static_cast<unsigned char>(c));
  return text.data();
}

TEST(KeyMask, HidesTheKeyInEverySpelling) {
  const std::string key = "sk-abc/def+A=b&c\"d'e<f>";
  const std::vector<std::string> spellings = {
      key,
      R"(sk-abc\/def+A=b&c\"d'e<f>)",
      R"(sk-abc\u002fdef\u002BA\u003db\u0026c\u0022d\u0027e\u003cf\u003E)",
      R"(sk-\u0061bc\/def+A=b&c\"d'e<f>)",
      "sk-abc%2Fdef%2bA%3Db%26c%22d%27e%3Cf%3e",
      "sk-abc&#47;def&#43;A&#61;b&amp;c&quot;d&#39;e&lt;f&gt;",
      "sk-abc&sol;def&plus;A&equals;b&amp;c&#x22;d&apos;e&lt;f&gt;",
      R"(sk-abc\\/def+A=b&c\\\"d'e<f>)",
      "sk-abc%252Fdef%252BA%253Db%2526c%2522d%2527e%253Cf%253E",
      R"(sk-abc/def+A=b\u0026amp;c\u0026quot;d'e\u0026lt;f\u0026gt;)",
      R"(sk-abc\x2fdef\053A\u{3d}b&c\"d'e<f>)",
      R"(%73k-abc\/def&#43;A%3Db&amp;c\u0022d&#x27;e<f&#62;)",
  };
  for (const std::string& spelling : spellings) {
    EXPECT_EQ(masked(key, cat("{\"detail\":\"Bearer ", spelling, " is wrong\"}")),
              "{\"detail\":\"Bearer ******** is wrong\"}")
        << spelling;
    EXPECT_EQ(masked(key, spelling + spelling), "****************") << spelling;
  }
}

// Each character of the key in a spelling of its own, encoded up to three times.
TEST(KeyMask, HidesAnyMixture) {
  const std::string key = "sk_live/9%41\\n&x;Z";
  SeededRandom random(3);
  const std::vector<std::function<std::string(char)>> codes = {
      [](char c) { return format("%c", c); },     [](char c) { return format("%%%02X", c); },
      [](char c) { return format("%%%02x", c); }, [](char c) { return format("\\u%04x", c); },
      [](char c) { return format("&#%d;", c); },  [](char c) { return format("&#X%x;", c); }};
  for (int round = 0; round < 2000; ++round) {
    std::string text = key;
    const std::uint64_t layers = 1 + random.below(2);
    for (std::uint64_t layer = 0; layer < layers; ++layer) {
      std::string coded;
      for (const char c : text) {
        const bool plain = c != '\\' && c != '%' && c != '&';
        coded += codes[plain ? random.below(codes.size()) : 1 + random.below(codes.size() - 1)](c);
      }
      text = coded;
    }
    EXPECT_EQ(masked(key, cat("<", text, ">")), "<********>") << text;
  }
}

TEST(KeyMask, LeavesAllElseAsItIs) {
  for (const std::string text : {"", "\\", "%", "&", "%2", "&#", "&#x", "\\u00", "&amp", "a%2Fb\\/c&#47;",
                                 "sk-abc\\/de", "sk-abc/dxf and more"}) {
    EXPECT_EQ(masked("sk-abc/def/0123", text + " ."), text + " .");
  }
  EXPECT_EQ(masked("abc", "abc abc"), "abc abc") << "no real key is that short";
  EXPECT_EQ(masked("", "abc"), "abc");
}

// A body is kept up to a limit, and a message too.
TEST(KeyMask, HidesAKeyThatIsCutOff) {
  EXPECT_EQ(masked("sk-abc/def/0123", "Bearer sk-abc\\/def"), "Bearer ********");
  EXPECT_EQ(masked("sk-abc/def/0123", "Bearer sk-a"), "Bearer sk-a") << "chance";
}

TEST(KeyMask, TakesHostileTextAsItComes) {
  SeededRandom random(9);
  constexpr std::string_view kBytes = "\\%&#xu0f2;{}a\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint64_t left = random.below(40); left > 0; --left) {
      text.push_back(kBytes[random.below(kBytes.size())]);
    }
    EXPECT_LE(masked("\\\\%%&&", text).size(), text.size() + 8);
  }
}

}  // namespace
}  // namespace respand::http
