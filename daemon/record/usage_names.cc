// The compiler makes the tables that names are looked up in.

#include "record/usage_names.h"

namespace respand::record {
namespace {

constexpr std::size_t kNone = kUsageNames.size();

// The next line that has the same name.
constexpr auto kNext = [] {
  std::array<std::uint8_t, kUsageNames.size()> next{};
  for (std::size_t line = 0; line < next.size(); ++line) {
    std::size_t other = line + 1;
    while (other < next.size() && kUsageNames[other].name != kUsageNames[line].name) {
      ++other;
    }
    next[line] = static_cast<std::uint8_t>(other);
  }
  return next;
}();
static_assert(kUsageNames.size() < 256);

// Names in their spellings, and for each of them the first line that has it.
struct Spellings {
  std::array<std::array<char, 32>, 254> text{};
  std::array<std::uint8_t, 254> size{};
  std::array<std::uint8_t, 254> line{};
  std::size_t count = 0;

  [[nodiscard]] constexpr std::string_view at(std::size_t i) const { return {text[i].data(), size[i]}; }
  constexpr void add(std::string_view name, bool camel, bool upper, std::size_t of) {
    size[count] = static_cast<std::uint8_t>(spell(name, camel, upper, text[count].data()));
    line[count++] = static_cast<std::uint8_t>(of);
  }
};

constexpr bool is_repeated(std::size_t line, UsageNodes nodes) {
  for (std::size_t before = 0; before < line; ++before) {
    if ((kUsageNames[before].in & nodes) != 0 && kUsageNames[before].name == kUsageNames[line].name) {
      return true;
    }
  }
  return false;
}

constexpr Spellings spellings(UsageNodes nodes) {
  Spellings all;
  for (std::size_t line = 0; line < kUsageNames.size(); ++line) {
    const std::string_view name = kUsageNames[line].name;
    if ((kUsageNames[line].in & nodes) == 0 || is_repeated(line, nodes)) {
      continue;
    }
    all.add(name, false, false, line);
    if (is_camel_known(name)) {
      all.add(name, true, false, line);
    }
    if (is_pascal_known(name, nodes)) {
      all.add(name, true, true, line);
    }
  }
  return all;
}

// Open addressing: a name is found where its hash says, or a little behind.
template <UsageNodes kNodes>
class Index {
 public:
  [[nodiscard]] static std::size_t find(std::string_view name) {
    for (std::size_t slot = hash(name); kSlots[slot] != 0; slot = (slot + 1) % kSlots.size()) {
      const std::size_t at = kSlots[slot] - std::size_t{1};
      if (kSpellings.at(at) == name) {
        return kSpellings.line[at];
      }
    }
    return kNone;
  }

 private:
  [[nodiscard]] static constexpr std::size_t hash(std::string_view name) {
    const auto letter = [&name](std::size_t at) {
      return static_cast<std::uint64_t>(static_cast<std::uint8_t>(name[at]));
    };
    const std::size_t size = name.size();
    if (size == 0) {
      return 0;
    }
    const std::uint64_t mixed = (size | letter(0) << 8 | letter(size / 2) << 16 | letter(size - 1) << 24 |
                                 letter(size / 4) << 32 | letter(size / 4 * 3) << 40 | letter(size / 8) << 48) *
                                0x9E3779B97F4A7C15;
    return mixed >> (64 - kBits);
  }

  static constexpr Spellings kSpellings = spellings(kNodes);
  static constexpr unsigned kBits = 10;
  static constexpr auto kSlots = [] {
    std::array<std::uint8_t, std::size_t{1} << kBits> slots{};  // 1 + place, 0: empty
    for (std::size_t i = 0; i < kSpellings.count; ++i) {
      std::size_t slot = hash(kSpellings.at(i));
      while (slots[slot] != 0) {
        slot = (slot + 1) % slots.size();
      }
      slots[slot] = static_cast<std::uint8_t>(i + 1);
    }
    return slots;
  }();
};

constexpr UsageNodes kNoted = bit(UsageNode::kRecord) | bit(UsageNode::kAnswer);
constexpr UsageNodes kUsage = bit(UsageNode::kUsage);
using NotedIndex = Index<kNoted>;
using UsageIndex = Index<kUsage>;
using PartsIndex = Index<~(kNoted | kUsage)>;

const UsageName* line_in(std::size_t line, UsageNode node, char first) {
  const UsageName* found = nullptr;
  for (; line != kNone; line = kNext[line]) {
    const UsageName& name = kUsageNames[line];
    if ((name.in & bit(node)) != 0) {
      if (found == nullptr || (name.action == UsageAction::kEnter && first == '{')) {
        found = &name;
      }
    }
  }
  return found;
}

}  // namespace

const UsageName* find_usage_name(UsageNode node, std::string_view name, char first) {
  const std::size_t line = node == UsageNode::kUsage   ? UsageIndex::find(name)
                           : (bit(node) & kNoted) != 0 ? NotedIndex::find(name)
                                                       : PartsIndex::find(name);
  return line_in(line, node, first);
}

const UsageName* find_noted_name(UsageNode node, std::string_view name) {
  return line_in(NotedIndex::find(name), node, '{');
}

}  // namespace respand::record
