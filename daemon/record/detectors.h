#pragma once
// Secrets in plain text. Each detector finds its own matches from left to right, in time linear in the text, whatever
// that holds: hand-written, no pattern that backtracks. All of them look for a rare byte first, many at a time.
//
// email        A run of letters, digits and . _ % + - ' before an @, and behind it a name of two labels or more whose
//              last one is letters. Letters are those up to U+07FF; so the run ends at Chinese or Japanese text.
// api_key      A known prefix (sk-, ghp_, AKIA … see detectors.cc) at the beginning of a word, with as many letters,
//              digits, - and _ behind it as its issuer gives, among them a digit or an upper-case letter.
// bearer       What follows the word Bearer: at least 8 characters of a token with a digit among them, or 24.
// credit_card  13 to 19 digits, perhaps in groups set apart by one space or -, that begin as a card's do, have the
//              length that goes with it, and fulfil Luhn's check.
//
// Text is often JSON again, written as a string: behind a backslash, what ends an escape ("\n", "\u00e4") is no part of
// a match, so that the inner JSON stays sound. Private to the module; pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "respand/record/rules.h"

namespace respand::record {

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  Detector detector = Detector::kEmail;
};

// The next match at or behind `from`; false where there is none. `match` is written where there is one.
[[nodiscard]] bool find_email(std::string_view text, std::size_t from, Match& match);
[[nodiscard]] bool find_api_key(std::string_view text, std::size_t from, Match& match);
[[nodiscard]] bool find_bearer(std::string_view text, std::size_t from, Match& match);
[[nodiscard]] bool find_credit_card(std::string_view text, std::size_t from, Match& match);

// What stands in place of what it found: "[email]".
[[nodiscard]] std::string_view mask_of(Detector detector);

// A bit for each detector that is switched on.
using DetectorSet = std::uint8_t;
[[nodiscard]] constexpr DetectorSet bit_of(Detector detector) {
  return static_cast<DetectorSet>(1U << static_cast<unsigned>(detector));
}

// The matches of several detectors in the order of the text. Those that overlap are given as one, under the name of the
// first, the longer of two that begin together: nothing that any detector takes for a secret is left.
class Matches {
 public:
  // `text` is borrowed.
  Matches(DetectorSet detectors, std::string_view text);
  [[nodiscard]] bool next(Match& match);

 private:
  struct Head {
    Match match;
    bool live = false;
  };
  void advance(Head& head);

  std::string_view text_;
  std::array<Head, kDetectors.size()> heads_;
};

}  // namespace respand::record
