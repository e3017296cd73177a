#include "record/pointers.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace respand::record {

Pointers::Step Pointers::compiled(std::string_view step) {
  Step out;
  out.any = step == "*";
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      out.name.push_back(step[i]);
    } else {
      out.name.push_back(step[++i] == '0' ? '~' : '/');
    }
  }
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), out.index);
  out.is_index = !step.empty() && failure == std::errc{} && end == step.data() + step.size() &&
                 (step.size() == 1 || step.front() != '0');
  return out;
}

Pointers::Pointers(const std::vector<std::string>& pointers) : ends_(1) {
  for (const std::string& pointer : pointers) {
    std::vector<Step>& steps = pointers_.emplace_back();
    std::string_view rest = pointer;
    while (!rest.empty()) {
      rest.remove_prefix(1);  // the slash
      const std::size_t length = std::min(rest.find('/'), rest.size());
      steps.push_back(compiled(rest.substr(0, length)));
      rest.remove_prefix(length);
    }
    ends_.resize(std::max(ends_.size(), steps.size() + 1));
    const Set bit = Set{1} << (pointers_.size() - 1);
    ends_[steps.size()] |= bit;
    all_ |= bit;
    outer_lengths_ |= steps.front().any ? ~std::uint64_t{0} : std::uint64_t{1} << (steps.front().name.size() % 64);
  }
}

template <typename Fits>
Pointers::Set Pointers::next(Set active, std::size_t steps, const Fits& fits) const {
  Set out = 0;
  for (; active != 0; active &= active - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(active));
    if (steps < pointers_[i].size() && fits(pointers_[i][steps])) {
      out |= Set{1} << i;
    }
  }
  return out;
}

Pointers::Set Pointers::member(Set active, std::size_t steps, std::string_view name) const {
  return next(active, steps, [name](const Step& step) { return step.any || step.name == name; });
}

Pointers::Set Pointers::element(Set active, std::size_t steps, std::uint64_t index) const {
  return next(active, steps, [index](const Step& step) { return step.any || (step.is_index && step.index == index); });
}

}  // namespace respand::record
