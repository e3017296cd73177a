#include "app/readiness.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::array<std::string_view, 3> kOfTheJournal = {"journal", "journal_full", "disk_full"};
constexpr std::array<std::string_view, 2> kOfTheDoors = {"socket", "connections"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& kinds, std::string_view kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool hinders_delivery_or_intake(const Trouble& trouble) {
  return trouble.weight == Trouble::Weight::kStops && trouble.kind != "held";
}

// A full journal that drops its oldest records takes new ones.
bool hinders_intake(const Look& look, const Trouble& trouble) {
  if (trouble.weight != Trouble::Weight::kStops) {
    return false;
  }
  const bool drops = look.config.journal.when_full == config::WhenFull::kDropOldest && trouble.kind == "journal_full";
  return among(kOfTheDoors, trouble.kind) || (among(kOfTheJournal, trouble.kind) && !drops);
}

std::string line_of(const Look& look, const Trouble& trouble) {
  return cat("not ready: ", trouble.text(look.now), "\n");
}

}  // namespace

bool is_ready(const Look& look) {
  return std::none_of(look.troubles.begin(), look.troubles.end(), hinders_delivery_or_intake);
}

std::string ready_text(const Look& look) {
  std::string reasons;
  std::string notes;
  for (const Trouble& trouble : look.troubles) {
    if (hinders_delivery_or_intake(trouble)) {
      reasons += line_of(look, trouble);
    } else if (trouble.kind == "stuck") {
      notes = trouble.text(look.now) + "\n";
    }
  }
  return cat(reasons.empty() ? "ready\n" : reasons, notes);
}

std::string intake_text(const Look& look) {
  std::string reasons;
  for (const Trouble& trouble : look.troubles) {
    reasons += hinders_intake(look, trouble) ? line_of(look, trouble) : std::string();
  }
  return reasons.empty() ? "ready\n" : reasons;
}

}  // namespace respand::app
