#include "delivery/refusal_noise.h"

#include <cmath>

namespace respand::delivery {
namespace {

constexpr double kLeast = 0.01;
constexpr double kMost = 0.6;
// What the test is to find: so much more than what is known.
constexpr double kExcess = 0.1;
// Its threshold: with nothing wrong it is crossed once in a hundred million answers.
constexpr double kAlarm = 20;
// Of the first answers less is enough: what was believed is to be proven.
constexpr double kFirstAlarm = 8;
constexpr double kFirstAnswers = 100;
// The share is that of so many answers before.
constexpr double kAnswers = 2000;
// What was measured before it was believed counts as so many.
constexpr double kAnswersBefore = 60;
// Believed for so long, it was right.
constexpr Duration kProven = std::chrono::minutes{5};

}  // namespace

bool RefusalNoise::believe(double share, MonoTime now) {
  if (now < disbelieved_until_) {
    return false;
  }
  share_ = std::clamp(share, kLeast, kMost);
  score_ = 0;
  answers_ = kAnswersBefore;
  since_ = now;
  return true;
}

bool RefusalNoise::explains(bool refused, std::uint32_t under_way, MonoTime now) {
  if (!known()) {
    return false;
  }
  const double high = std::min(share_ + std::max(kExcess, share_ / 2), (1 + share_) / 2);
  const double weight = std::log(high / share_);
  score_ = std::max(0.0, score_ + (refused ? weight : std::log((1 - high) / (1 - share_))));
  // Refusals are quick: of those under way they may come first.
  const double may_be_first = under_way * share_ / (1 - share_);
  const double alarm = answers_ < kAnswersBefore + kFirstAnswers ? kFirstAlarm : kAlarm;
  if (score_ >= alarm + weight * may_be_first) {
    disbelief_ = now - since_ > kProven ? kFirstDisbelief : std::min(2 * disbelief_, kLongestDisbelief);
    disbelieved_until_ = now + disbelief_;
    share_ = 0;
    return false;
  }
  answers_ = std::min(answers_ + 1, kAnswers);
  share_ = std::clamp(share_ + ((refused ? 1 : 0) - share_) / answers_, kLeast, kMost);
  return refused;
}

}  // namespace respand::delivery
