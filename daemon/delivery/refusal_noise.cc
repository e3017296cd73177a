#include "delivery/refusal_noise.h"

namespace respand::delivery {
namespace {

constexpr double kLeastNoise = 0.01;
constexpr double kMostNoise = 0.6;
// Threshold of the sequential test: with nothing wrong it is crossed once in a hundred million answers.
constexpr double kNoiseAlarm = 20;
// Over the first answers a lower threshold applies: what was believed still has to prove itself.
constexpr double kFirstAlarm = 8;
constexpr double kFirstAnswers = 100;
// The share is the average over so many answers.
constexpr double kAnswers = 2000;
// The share that was believed at first counts as the average over so many.
constexpr double kAnswersBefore = 60;
// A belief that has held for so long was right: when it ends, the next disbelief lasts the shortest time again.
constexpr Duration kProvenAfter = std::chrono::minutes{5};

}  // namespace

bool RefusalNoise::believe(double share, MonoTime now) {
  if (now < disbelieved_until_) {
    return false;
  }
  share_ = std::clamp(share, kLeastNoise, kMostNoise);
  excess_.restart();
  answers_ = kAnswersBefore;
  since_ = now;
  return true;
}

bool RefusalNoise::explains(bool refused, std::uint32_t under_way, MonoTime now) {
  if (!known()) {
    return false;
  }
  excess_.add(refused, share_);
  // Refusals are quick: those of the requests in flight may all come before the acceptances.
  const double may_be_first = under_way * share_ / (1 - share_);
  const double alarm = answers_ < kAnswersBefore + kFirstAnswers ? kFirstAlarm : kNoiseAlarm;
  if (excess_.score() >= alarm + excess_.weight(share_) * may_be_first) {
    disbelief_ = now - since_ > kProvenAfter ? kFirstDisbelief : std::min(2 * disbelief_, kLongestDisbelief);
    disbelieved_until_ = now + disbelief_;
    share_ = 0;
    return false;
  }
  answers_ = std::min(answers_ + 1, kAnswers);
  share_ = std::clamp(share_ + ((refused ? 1 : 0) - share_) / answers_, kLeastNoise, kMostNoise);
  return refused;
}

}  // namespace respand::delivery
