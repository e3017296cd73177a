#include "respand/base/name_pattern.h"

#include <algorithm>
#include <array>

namespace respand {

// Builds the states of Thompson's construction by recursive descent. A part is built from its end to its beginning, so
// that each piece knows the state that follows it. For a repetition the piece is built once more from the pattern's
// text.
class NamePatternParser {
 public:
  explicit NamePatternParser(std::string_view pattern) : pattern_(pattern) {}

  std::optional<NamePattern> parse() {
    const std::uint16_t done = put({.kind = Kind::kDone, .next = 0, .other = 0, .bytes = {}});
    const std::uint16_t start = alternatives(0, pattern_.size(), done, 0);
    if (failed_) {
      return std::nullopt;
    }
    result_.start_ = start;
    return std::move(result_);
  }

 private:
  using State = NamePattern::State;
  using Kind = State::Kind;
  static constexpr std::size_t kMaxDepth = 16;

  struct Atom {
    std::size_t begin = 0;
    std::size_t end = 0;  // of the atom, its repetition behind it
    std::size_t least = 1;
    std::size_t most = 1;
    bool endless = false;
    std::size_t behind = 0;
  };

  std::uint16_t put(const State& state) {
    if (result_.states_.size() >= NamePattern::kMaxStates) {
      failed_ = true;
      return 0;
    }
    result_.states_.push_back(state);
    return static_cast<std::uint16_t>(result_.states_.size() - 1);
  }

  std::uint16_t fail() {
    failed_ = true;
    return 0;
  }

  // The end of the atom that begins at `at`: a character, an escape, a class or a group.
  std::size_t atom_end(std::size_t at, std::size_t end) {
    if (pattern_[at] == '\\') {
      return std::min(at + 2, end);
    }
    if (pattern_[at] == '[') {
      std::size_t close = at + (pattern_.substr(at, 2) == "[^" ? std::size_t{3} : 2);
      for (; close < end && pattern_[close] != ']'; ++close) {
        close += pattern_[close] == '\\' ? std::size_t{1} : 0;
      }
      failed_ = failed_ || close >= end;
      return std::min(close + 1, end);
    }
    if (pattern_[at] != '(') {
      return at + 1;
    }
    std::size_t depth = 0;
    for (std::size_t i = at; i < end;) {
      if (pattern_[i] == '(') {
        ++depth;
        ++i;
      } else if (pattern_[i] == ')') {
        ++i;
        if (--depth == 0) {
          return i;
        }
      } else {
        i = atom_end(i, end);
      }
    }
    failed_ = true;
    return end;
  }

  std::size_t number(std::size_t& at, std::size_t end) {
    std::size_t value = 0;
    const std::size_t begin = at;
    for (; at < end && pattern_[at] >= '0' && pattern_[at] <= '9'; ++at) {
      value = std::min<std::size_t>(value * 10 + static_cast<std::size_t>(pattern_[at] - '0'), 1'000);
    }
    failed_ = failed_ || at == begin;
    return value;
  }

  Atom read_atom(std::size_t at, std::size_t end) {
    Atom atom{.begin = at, .end = atom_end(at, end), .least = 1, .most = 1, .endless = false, .behind = 0};
    atom.behind = atom.end;
    const char c = atom.end < end ? pattern_[atom.end] : '\0';
    if (c == '?' || c == '*' || c == '+') {
      atom.least = c == '+' ? 1 : 0;
      atom.endless = c != '?';
      atom.most = atom.endless ? atom.least : 1;
      atom.behind = atom.end + 1;
    } else if (c == '{') {
      std::size_t i = atom.end + 1;
      atom.least = number(i, end);
      atom.most = atom.least;
      if (i < end && pattern_[i] == ',') {
        ++i;
        atom.endless = i < end && pattern_[i] == '}';
        atom.most = atom.endless ? atom.least : number(i, end);
      }
      failed_ = failed_ || i >= end || pattern_[i] != '}' || atom.most < atom.least;
      atom.behind = i + 1;
    }
    if (atom.behind < end && std::string_view("?*+{").find(pattern_[atom.behind]) != std::string_view::npos) {
      failed_ = true;  // lazy and possessive repetition
    }
    return atom;
  }

  std::uint16_t alternatives(std::size_t begin, std::size_t end, std::uint16_t next, std::size_t depth) {
    if (depth > kMaxDepth) {
      return fail();
    }
    for (std::size_t i = begin; i < end && !failed_;) {
      if (pattern_[i] == '|') {
        const std::uint16_t right = alternatives(i + 1, end, next, depth + 1);
        const std::uint16_t left = sequence(begin, i, next, depth);
        return put({.kind = Kind::kSplit, .next = left, .other = right, .bytes = {}});
      }
      i = atom_end(i, end);
    }
    return sequence(begin, end, next, depth);
  }

  std::uint16_t sequence(std::size_t begin, std::size_t end, std::uint16_t next, std::size_t depth) {
    std::vector<Atom> atoms;
    for (std::size_t i = begin; i < end && !failed_; i = atoms.back().behind) {
      atoms.push_back(read_atom(i, end));
    }
    for (auto atom = atoms.rbegin(); atom != atoms.rend() && !failed_; ++atom) {
      next = repeated(*atom, next, depth);
    }
    return next;
  }

  std::uint16_t repeated(const Atom& atom, std::uint16_t next, std::size_t depth) {
    if (atom.endless) {
      const std::uint16_t loop = put({.kind = Kind::kSplit, .next = 0, .other = next, .bytes = {}});
      const std::uint16_t body = one(atom, loop, depth);
      if (failed_) {
        return 0;
      }
      result_.states_[loop].next = body;
      next = loop;
    }
    for (std::size_t i = atom.least; i < atom.most && !failed_; ++i) {
      const std::uint16_t body = one(atom, next, depth);
      next = put({.kind = Kind::kSplit, .next = body, .other = next, .bytes = {}});
    }
    for (std::size_t i = 0; i < atom.least && !failed_; ++i) {
      next = one(atom, next, depth);
    }
    return next;
  }

  std::uint16_t one(const Atom& atom, std::uint16_t next, std::size_t depth) {
    const std::string_view text = pattern_.substr(atom.begin, atom.end - atom.begin);
    if (text.front() == '(') {
      const bool plain = text.substr(1, 1) != "?";
      if (!plain && !text.starts_with("(?:")) {
        return fail();  // look-around, names
      }
      return alternatives(atom.begin + (plain ? std::size_t{1} : 3), atom.end - 1, next, depth + 1);
    }
    if (text == "^" || text == "$") {
      return put({.kind = text == "^" ? Kind::kBegin : Kind::kEnd, .next = next, .other = 0, .bytes = {}});
    }
    State state{.kind = Kind::kBytes, .next = next, .other = 0, .bytes = {}};
    if (text.front() == '[') {
      read_class(text.substr(1, text.size() - 2), state.bytes);
    } else {
      std::size_t at = 0;
      read_char(text, at, state.bytes);
      failed_ = failed_ || at != text.size() || std::string_view("*+?{)|").find(text.front()) != std::string_view::npos;
    }
    return put(state);
  }

  // Reads a character, an escape or '.' of `text` from `at` on. Returns its byte, or -1 where it stands for several.
  int read_char(std::string_view text, std::size_t& at, std::bitset<256>& bytes, bool in_class = false) {
    const char c = text[at++];
    if (c == '.' && !in_class) {
      bytes.set();
      bytes.reset('\n');
      return -1;
    }
    if (c != '\\') {
      bytes.set(static_cast<unsigned char>(c));
      return static_cast<unsigned char>(c);
    }
    if (at >= text.size()) {
      fail();
      return -1;
    }
    const char escaped = text[at++];
    const auto range = [&bytes](char from, char to) {
      for (int i = static_cast<unsigned char>(from); i <= static_cast<unsigned char>(to); ++i) {
        bytes.set(static_cast<std::size_t>(i));
      }
    };
    switch (escaped) {
      case 'w':
        range('a', 'z');
        range('A', 'Z');
        bytes.set('_');
        range('0', '9');
        return -1;
      case 'd':
        range('0', '9');
        return -1;
      case 's':
        range('\t', '\r');
        bytes.set(' ');
        return -1;
      default:
        break;
    }
    if ((escaped >= 'a' && escaped <= 'z') || (escaped >= 'A' && escaped <= 'Z') ||
        (escaped >= '0' && escaped <= '9')) {
      fail();  // \b, \D, \1
      return -1;
    }
    bytes.set(static_cast<unsigned char>(escaped));
    return static_cast<unsigned char>(escaped);
  }

  void read_class(std::string_view text, std::bitset<256>& bytes) {
    const bool inverted = text.starts_with('^');
    text.remove_prefix(inverted ? 1 : 0);
    for (std::size_t at = 0; at < text.size() && !failed_;) {
      const int low = read_char(text, at, bytes, true);
      if (low < 0 || at + 1 >= text.size() || text[at] != '-') {
        continue;
      }
      ++at;
      const int high = read_char(text, at, bytes, true);
      failed_ = failed_ || high < low;
      for (int i = low; i <= high; ++i) {
        bytes.set(static_cast<std::size_t>(i));
      }
    }
    if (inverted) {
      bytes.flip();
    }
  }

  const std::string_view pattern_;
  NamePattern result_;
  bool failed_ = false;
};

std::optional<NamePattern> NamePattern::parse(std::string_view pattern) { return NamePatternParser(pattern).parse(); }

// Adds a state, and those that it leads to without a byte. Each state is added once, and pushes two others at most, so
// the stack has room for all.
void NamePattern::add(std::size_t state, bool at_begin, bool at_end, States& set) const {
  std::array<std::uint16_t, 2 * kMaxStates> stack;
  std::size_t size = 0;
  stack[size++] = static_cast<std::uint16_t>(state);
  while (size > 0) {
    const std::uint16_t at = stack[--size];
    if (set.test(at)) {
      continue;
    }
    set.set(at);
    const State& each = states_[at];
    if (each.kind == State::Kind::kSplit) {
      stack[size++] = each.other;
      stack[size++] = each.next;
    } else if ((each.kind == State::Kind::kBegin && at_begin) || (each.kind == State::Kind::kEnd && at_end)) {
      stack[size++] = each.next;
    }
  }
}

// Follows all states at once, byte by byte, and begins a new match at each place. The time is the length of the text
// times the number of states, whatever the pattern.
bool NamePattern::found_in(std::string_view text) const {
  States now;
  for (std::size_t i = 0;; ++i) {
    add(start_, i == 0, i == text.size(), now);
    States next;
    for (std::size_t state = 0; state < states_.size(); ++state) {
      if (!now.test(state)) {
        continue;
      }
      const State& each = states_[state];
      if (each.kind == State::Kind::kDone) {
        return true;
      }
      if (i < text.size() && each.kind == State::Kind::kBytes && each.bytes.test(static_cast<unsigned char>(text[i]))) {
        add(each.next, false, i + 1 == text.size(), next);
      }
    }
    if (i == text.size()) {
      return false;
    }
    now = next;
  }
}

}  // namespace respand
