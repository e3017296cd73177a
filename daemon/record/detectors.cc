#include "record/detectors.h"

#include <algorithm>

#include "record/find_bytes.h"
#include "record/words.h"

namespace respand::record {
namespace {

// Prefixes of keys, as their issuers document them, and how many characters follow at least. `anchor` is the place in
// the prefix of the byte that is searched for.
struct KeyPrefix {
  std::string_view text;
  std::size_t anchor;
  std::size_t least;
};

constexpr KeyPrefix ends_in_anchor(std::string_view text, std::size_t least) { return {text, text.size() - 1, least}; }

constexpr std::size_t kLeastOfAll = 10;
constexpr KeyPrefix kPrefixes[] = {
    ends_in_anchor("sk-", 20),    // OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek
    ends_in_anchor("xai-", 20),   // xAI
    ends_in_anchor("gsk_", 20),   // Groq
    ends_in_anchor("pplx-", 20),  // Perplexity
    ends_in_anchor("hf_", 20),    // Hugging Face
    ends_in_anchor("r8_", 20),    // Replicate
    ends_in_anchor("ghp_", 20),   // GitHub: personal, OAuth, user, server, refresh
    ends_in_anchor("gho_", 20),
    ends_in_anchor("ghu_", 20),
    ends_in_anchor("ghs_", 20),
    ends_in_anchor("ghr_", 20),
    ends_in_anchor("github_pat_", 20),
    ends_in_anchor("glpat-", 16),  // GitLab
    ends_in_anchor("xoxb-", 10),   // Slack
    ends_in_anchor("xoxp-", 10),
    ends_in_anchor("xoxa-", 10),
    ends_in_anchor("xoxr-", 10),
    ends_in_anchor("xoxs-", 10),
    ends_in_anchor("xapp-", 10),
    ends_in_anchor("sk_live_", 10),  // Stripe
    ends_in_anchor("sk_test_", 10),
    ends_in_anchor("rk_live_", 10),
    ends_in_anchor("rk_test_", 10),
    ends_in_anchor("whsec_", 16),
    ends_in_anchor("npm_", 20),
    ends_in_anchor("pypi-", 20),
    ends_in_anchor("dop_v1_", 20),  // DigitalOcean
    {"AIza", 1, 30},                // Google
    {"AKIA", 2, 16},                // AWS: 16 upper-case letters and digits
    {"ASIA", 2, 16},
};

std::size_t token_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_token(text[at])) {
    ++at;
  }
  return at;
}

bool is_telling(char c) { return json::is_digit(c) || is_upper(c); }

// Steps back over one character of an email's local part that ends at `at`; 0 where there is none. Not before `from`.
std::size_t local_character(std::string_view text, std::size_t from, std::size_t at) {
  if (at == from) {
    return 0;
  }
  const char c = text[at - 1];
  if (is_word(c) || c == '.' || c == '%' || c == '+' || c == '-') {
    return 1;
  }
  if (c == '\'') {  // O'Brien, but not 'brien
    return at - from >= 2 && is_alnum(text[at - 2]) && at < text.size() && is_alnum(text[at]) ? 1 : 0;
  }
  return at - from >= 2 && is_wide_letter(text[at - 2], c) ? 2 : 0;
}

// Where the local part begins whose @ stands at `at`; `at` where there is none.
std::size_t local_begin(std::string_view text, std::size_t from, std::size_t at) {
  std::size_t begin = at;
  while (const std::size_t step = local_character(text, from, begin)) {
    begin -= step;
  }
  begin = std::min(at, begin + inner_escape(text, begin));
  constexpr std::string_view kNotInFront = ".%+-'";
  while (begin < at && kNotInFront.find(text[begin]) != std::string_view::npos) {
    ++begin;
  }
  return begin;
}

// The end of the label that begins at `at`, hyphens at its end not counted; `at` where there is none.
std::size_t label_end(std::string_view text, std::size_t at, bool& letters_only) {
  std::size_t end = at;
  std::size_t other = text.size();  // the first character that is no letter
  while (end < text.size()) {
    if (is_letter(text[end])) {
      ++end;
    } else if (end + 1 < text.size() && is_wide_letter(text[end], text[end + 1])) {
      end += 2;
    } else if (json::is_digit(text[end]) || (text[end] == '-' && end > at)) {
      other = std::min(other, end);
      ++end;
    } else {
      break;
    }
  }
  while (end > at && text[end - 1] == '-') {
    --end;
  }
  letters_only = other >= end || text.substr(at).starts_with("xn--");
  return end;
}

// The end of the domain that begins at `at`; `at` where there is none.
std::size_t domain_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::size_t label = at;
  for (int labels = 1;; ++labels) {
    bool letters_only = false;
    const std::size_t behind = label_end(text, label, letters_only);
    if (behind == label) {
      return end;
    }
    if (labels >= 2 && letters_only && behind - label >= 2) {
      end = behind;
    }
    if (behind == text.size() || text[behind] != '.') {
      return end;
    }
    label = behind + 1;
  }
}

bool is_bearer(std::string_view text, std::size_t at) {
  constexpr std::string_view kWord = "bearer";
  return text.size() - at > kWord.size() &&
         std::equal(kWord.begin(), kWord.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char want, char c) { return want == static_cast<char>(c | 0x20); });
}

bool is_bearer_token(char c) { return is_token(c) || c == '.' || c == '~' || c == '+' || c == '/'; }

// Issuers by the first digits, and the lengths that they give. Many a number fulfils Luhn's check; times in
// milliseconds (they begin with 1) must not be taken for cards.
struct Issuer {
  std::uint32_t first;
  std::uint32_t last;
  int digits;  // of first and last
  int least;
  int most;
};
constexpr Issuer kIssuers[] = {
    {4, 4, 1, 13, 19},                                                          // Visa
    {51, 55, 2, 16, 16},                                                        // Mastercard
    {2221, 2720, 4, 16, 16}, {34, 34, 2, 15, 15},                               // American Express
    {37, 37, 2, 15, 15},     {6011, 6011, 4, 16, 19},                           // Discover
    {644, 659, 3, 16, 19},   {300, 305, 3, 14, 19},                             // Diners Club
    {36, 36, 2, 14, 19},     {38, 39, 2, 14, 19},     {3528, 3589, 4, 16, 19},  // JCB
    {62, 62, 2, 16, 19},                                                        // UnionPay
    {50, 50, 2, 13, 19},                                                        // Maestro
    {56, 58, 2, 13, 19},     {63, 63, 2, 13, 19},     {67, 67, 2, 13, 19},
};
constexpr int kMostCardDigits = 19;
constexpr int kLeastCardDigits = 13;

bool is_issued(std::uint32_t first_four, int length) {
  return std::any_of(std::begin(kIssuers), std::end(kIssuers), [&](const Issuer& issuer) {
    std::uint32_t lead = first_four;
    for (int digits = 4; digits > issuer.digits; --digits) {
      lead /= 10;
    }
    return lead >= issuer.first && lead <= issuer.last && length >= issuer.least && length <= issuer.most;
  });
}

// The end of the longest card number that begins with the group of digits at `at`; `at` where there is none.
std::size_t card_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::uint32_t first_four = 0;
  std::array<unsigned, 2> sums{};  // Luhn's, with every second digit doubled, from the first one or from the second
  int length = 0;
  for (std::size_t place = at; place < text.size() && json::is_digit(text[place]) && length < kMostCardDigits;
       ++place) {
    const auto digit = static_cast<unsigned>(text[place] - '0');
    const unsigned doubled = digit < 5 ? 2 * digit : 2 * digit - 9;
    sums[static_cast<std::size_t>(length % 2)] += doubled;
    sums[static_cast<std::size_t>(1 - length % 2)] += digit;
    first_four = length < 4 ? first_four * 10 + digit : first_four;
    ++length;
    const std::string_view behind = text.substr(place + 1);
    // The last digit is not doubled.
    if ((behind.empty() || !is_word(behind[0])) && length >= kLeastCardDigits &&
        sums[static_cast<std::size_t>(length % 2)] % 10 == 0 && is_issued(first_four, length)) {
      end = place + 1;
    }
    if (behind.starts_with(' ') || behind.starts_with('-')) {
      ++place;
    }
  }
  return end;
}

}  // namespace

bool find_email(std::string_view text, std::size_t from, Match& match) {
  for (std::size_t searched = from;;) {
    const std::size_t at = text.find('@', searched);
    if (at == std::string_view::npos) {
      return false;
    }
    const std::size_t begin = local_begin(text, from, at);
    const std::size_t end = begin < at ? domain_end(text, at + 1) : at + 1;
    if (end > at + 1) {
      match = {begin, end, Detector::kEmail};
      return true;
    }
    searched = from = at + 1;  // no local part reaches back over an @
  }
}

bool find_api_key(std::string_view text, std::size_t from, Match& match) {
  for (std::size_t searched = from;;) {
    const std::size_t at = find_bytes(text, searched, OneOf<'-', '_', 'I'>{});
    if (at == text.size()) {
      return false;
    }
    searched = at + 1;
    if (text.size() - at <= kLeastOfAll ||
        !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                     text.begin() + static_cast<std::ptrdiff_t>(at + kLeastOfAll), is_token)) {
      continue;
    }
    for (const KeyPrefix& prefix : kPrefixes) {
      if (prefix.text[prefix.anchor] != text[at] || at < from + prefix.anchor ||
          !text.substr(at - prefix.anchor).starts_with(prefix.text) || !begins_word(text, at - prefix.anchor)) {
        continue;
      }
      const std::size_t body = at - prefix.anchor + prefix.text.size();
      const std::size_t end = token_end(text, body);
      if (end - body < prefix.least) {
        continue;
      }
      if (std::any_of(text.begin() + static_cast<std::ptrdiff_t>(body), text.begin() + static_cast<std::ptrdiff_t>(end),
                      is_telling)) {
        match = {at - prefix.anchor, end, Detector::kApiKey};
        return true;
      }
      searched = end;  // the run holds no digit or capital, so no key can begin further on in it
    }
  }
}

bool find_bearer(std::string_view text, std::size_t from, Match& match) {
  for (std::size_t at = from;; ++at) {
    at = find_bytes(text, at, OneOf<'B', 'b'>{});
    if (at == text.size()) {
      return false;
    }
    if (!is_bearer(text, at) || !begins_word(text, at)) {
      continue;
    }
    std::size_t begin = at + std::string_view("bearer").size();
    const std::size_t gap = begin;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t')) {
      ++begin;
    }
    std::size_t end = begin;
    bool digit = false;
    while (begin > gap && end < text.size() && is_bearer_token(text[end])) {
      digit = digit || json::is_digit(text[end]);
      ++end;
    }
    while (end > begin && text[end - 1] == '.') {
      --end;  // the full stop is the sentence's
    }
    if (end - begin >= 24 || (digit && end - begin >= 8)) {
      while (end < text.size() && text[end] == '=') {
        ++end;
      }
      match = {begin, end, Detector::kBearer};
      return true;
    }
  }
}

bool find_credit_card(std::string_view text, std::size_t from, Match& match) {
  for (std::size_t at = from;;) {
    at = find_bytes(text, at, InRange<'0', '9'>{});
    if (at == text.size()) {
      return false;
    }
    const bool fraction = at >= 2 && text[at - 1] == '.' && json::is_digit(text[at - 2]);
    if (!fraction && begins_word(text, at)) {
      if (const std::size_t end = card_end(text, at); end > at) {
        match = {at, end, Detector::kCreditCard};
        return true;
      }
    }
    while (at < text.size() && json::is_digit(text[at])) {
      ++at;
    }
  }
}

Matches::Matches(DetectorSet detectors, std::string_view text) : text_(text) {
  for (const Detector detector : kDetectors) {
    if ((detectors & bit_of(detector)) != 0) {
      Head& head = heads_[static_cast<std::size_t>(detector)];
      head.match.detector = detector;
      advance(head);
    }
  }
}

void Matches::advance(Head& head) {
  const std::size_t from = head.match.end;
  switch (head.match.detector) {
    case Detector::kEmail:
      head.live = find_email(text_, from, head.match);
      return;
    case Detector::kApiKey:
      head.live = find_api_key(text_, from, head.match);
      return;
    case Detector::kBearer:
      head.live = find_bearer(text_, from, head.match);
      return;
    case Detector::kCreditCard:
      head.live = find_credit_card(text_, from, head.match);
      return;
  }
}

bool Matches::next(Match& match) {
  const Head* first = nullptr;
  for (const Head& head : heads_) {
    const auto before = [](const Match& a, const Match& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    };
    if (head.live && (first == nullptr || before(head.match, first->match))) {
      first = &head;
    }
  }
  if (first == nullptr) {
    return false;
  }
  match = first->match;
  for (bool grown = true; grown;) {
    grown = false;
    for (Head& head : heads_) {
      while (head.live && head.match.begin < match.end) {
        match.end = std::max(match.end, head.match.end);
        advance(head);
        grown = true;
      }
    }
  }
  return true;
}

std::string_view mask_of(Detector detector) {
  switch (detector) {
    case Detector::kEmail:
      return "[email]";
    case Detector::kApiKey:
      return "[api_key]";
    case Detector::kBearer:
      return "[bearer]";
    case Detector::kCreditCard:
      return "[credit_card]";
  }
  return {};
}

}  // namespace respand::record
