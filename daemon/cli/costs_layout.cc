// The table of `respand costs`: which columns fit, how wide the names may be, bars.

#include <algorithm>
#include <array>
#include <clocale>
#include <cwchar>

#include "cli/costs_table.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using ledger::UsageTotals;
using ledger::Usd;

constexpr int kDecimals = 4;              // hundredths of a cent
constexpr std::size_t kShortestName = 8;  // a narrower column of names would say nothing
constexpr std::size_t kLongestBar = 20;
constexpr std::size_t kShortestBar = 5;
constexpr std::size_t kGap = 2;
constexpr int kGivesWayToNames = 3;  // the rank from which on a column is left out before a name is cut

// Takes the next character of valid UTF-8 off the front.
std::string_view take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = std::min<std::size_t>(text.size(), first < 0x80   ? 1
                                                              : first < 0xe0 ? 2
                                                              : first < 0xf0 ? 3
                                                                             : 4);
  const std::string_view character = text.substr(0, size);
  text.remove_prefix(size);
  return character;
}

std::size_t width_of(std::string_view character) {
  if (character.size() == 1) {
    return 1;
  }
  static const ::locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::uint32_t code = static_cast<unsigned char>(character.front()) & 0x7fU >> character.size();
  for (const char c : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  }
  if (utf8 == nullptr) {
    return 1;
  }
  const ::locale_t before = ::uselocale(utf8);
  const int width = ::wcwidth(static_cast<wchar_t>(code));
  ::uselocale(before);
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

std::string short_seconds(const UsageTotals& totals, double share) {
  if (totals.times.count() == 0) {
    return "-";
  }
  const std::int64_t ms = (std::min(std::int64_t{totals.times.percentile(share).count()}, totals.max_us) + 500) / 1000;
  return cat(ms / 1000, ".", std::to_string(1000 + ms % 1000).substr(1, 2));
}

// Rounds amounts so that they add up to the rounded total: each is the difference of two rounded running sums.
class AddingUp {
 public:
  std::string next(const Usd& amount) {
    const Usd before = rounded_;
    exact_.add(amount);
    rounded_ = exact_;
    rounded_.add({0, kStep / 2});
    rounded_.units -= rounded_.units % kStep;
    return rounded_.minus(before).rounded(kDecimals);
  }

 private:
  static constexpr std::int64_t kStep = Usd::kUnits / 10'000;
  Usd exact_;
  Usd rounded_;
};

struct Column {
  std::string title;
  std::vector<std::string> cells;     // the last one is the total's
  int rank;                           // the highest ones go first where there is no room
  std::size_t least = kShortestName;  // of a column of names: what it may be cut to
  std::size_t width = 0;              // by measure(): of the widest cell
};

// Sets the column's width. To be called after each change of its cells: the width is needed in every row.
void measure(Column& column) {
  column.width = display_width(column.title);
  for (const std::string& cell : column.cells) {
    column.width = std::max(column.width, display_width(cell));
  }
}

// The columns of numbers with their ranks. Where there is no room, the column with the highest rank is left out first:
// percentiles, then the parts that tokens consist of.
std::vector<Column> number_columns(const Costs& costs, bool utf8) {
  constexpr std::ptrdiff_t kUnpricedColumn = 8;
  const bool unpriced = costs.total.unpriced.value > 0;
  std::vector<Column> columns{{"RECORDS", {}, 0},  {"ERRORS", {}, 4},     {"PROMPT", {}, 2},    {"CACHED", {}, 5},
                              {"WRITTEN", {}, 6},  {"COMPLETION", {}, 2}, {"REASONING", {}, 6}, {"COST USD", {}, 0},
                              {"UNPRICED", {}, 3}, {"p50 s", {}, 8},      {"p95 s", {}, 7},     {"p99 s", {}, 9}};
  AddingUp amounts;
  const auto add = [&](const UsageTotals& totals, const std::string& cost) {
    const std::array<std::string, 12> cells{
        grouped(totals.records.value),   grouped(totals.errors.value),    grouped(totals.tokens[0].value),
        grouped(totals.tokens[2].value), grouped(totals.tokens[3].value), grouped(totals.tokens[1].value),
        grouped(totals.tokens[4].value), amount_text(totals, cost, utf8), grouped(totals.unpriced.value),
        short_seconds(totals, 0.5),      short_seconds(totals, 0.95),     short_seconds(totals, 0.99)};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      columns[i].cells.push_back(cells[i]);
    }
  };
  for (const CostsRow& row : costs.rows) {
    add(row.totals, amounts.next(row.totals.cost));
  }
  add(costs.total, costs.total.cost.rounded(kDecimals));
  if (!unpriced) {
    columns.erase(columns.begin() + kUnpricedColumn);
  }
  std::for_each(columns.begin(), columns.end(), measure);
  return columns;
}

std::vector<Column> name_columns(const Costs& costs) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < costs.by.size(); ++i) {
    std::string title = costs.by[i].name();
    std::transform(title.begin(), title.end(), title.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    Column column{title, {}, 0};
    const bool is_time = ledger::is_time(costs.by[i].by);
    for (const CostsRow& row : costs.rows) {
      column.cells.push_back(row.values[i].empty() ? "(none)" : row.values[i]);
    }
    column.cells.emplace_back(i == 0 ? "total" : "");
    measure(column);
    column.least = is_time ? column.width : std::min(column.width, kShortestName);
    columns.push_back(std::move(column));
  }
  return columns;
}

std::size_t total_width(const std::vector<Column>& columns) {
  std::size_t width = 0;
  for (const Column& column : columns) {
    width += column.width + kGap;
  }
  return width;
}

// Makes the columns of names narrower until they fit: always the one that can give most, down to the least of each.
void shrink(std::vector<Column>& names, std::size_t room, bool utf8) {
  const auto spare = [](const Column& column) { return column.width - std::min(column.width, column.least); };
  while (total_width(names) > room) {
    const auto widest = std::max_element(names.begin(), names.end(),
                                         [&](const Column& a, const Column& b) { return spare(a) < spare(b); });
    if (spare(*widest) == 0) {
      return;
    }
    const std::size_t over = std::min(total_width(names) - room, spare(*widest));
    const std::size_t width = widest->width - std::max<std::size_t>(1, names.size() == 1 ? over : over / 2);
    widest->title = cut_to_width(widest->title, width, utf8);
    for (std::string& cell : widest->cells) {
      cell = cut_to_width(cell, width, utf8);
    }
    measure(*widest);
  }
}

std::string bar(double share, std::size_t width, bool utf8) {
  constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(share * static_cast<double>(width) * 8 + 0.5);
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) {
    out += utf8 ? "█" : "#";
  }
  return out + (utf8 ? kEighths[eighths % 8] : "");
}

std::string padding(std::size_t width, std::string_view text) {
  const std::size_t taken = display_width(text);
  return std::string(width > taken ? width - taken : 0, ' ');
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, 1, ',');
  }
  return text;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    width += width_of(take_character(text));
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width, bool utf8) {
  if (display_width(text) <= width) {
    return std::string(text);
  }
  std::string out;
  std::size_t taken = 1;  // the mark
  while (!text.empty()) {
    const std::string_view character = take_character(text);
    taken += width_of(character);
    if (taken > width) {
      break;
    }
    out += character;
  }
  return out + (utf8 ? "…" : "~");
}

std::string costs_table(const Costs& costs, const TableStyle& style) {
  std::vector<Column> names = name_columns(costs);
  std::vector<Column> numbers = number_columns(costs, style.utf8);
  const std::size_t whole_names = total_width(names);
  std::size_t least_names = 0;
  for (const Column& column : names) {
    least_names += column.least + kGap;
  }
  // A column that is not needed gives way to names in full; a needed one only to names cut to their least.
  const auto fits = [&](int rank) {
    const std::size_t wanted = rank >= kGivesWayToNames ? whole_names : least_names;
    return wanted + total_width(numbers) <= style.width + kGap;
  };
  while (style.width > 0) {
    const auto least_needed = std::max_element(numbers.begin(), numbers.end(),
                                               [](const Column& a, const Column& b) { return a.rank < b.rank; });
    if (least_needed->rank == 0 || fits(least_needed->rank)) {
      break;
    }
    numbers.erase(least_needed);
  }
  const std::size_t taken = total_width(numbers) - kGap;
  if (style.width > 0) {
    shrink(names, style.width > taken ? style.width - taken : 0, style.utf8);
  }
  const std::size_t used = total_width(names) + taken + kGap;
  const std::size_t left = style.width == 0 ? kLongestBar : style.width > used ? style.width - used : 0;
  const std::size_t bar_width = left < kShortestBar ? 0 : std::min(left, kLongestBar);

  double dearest = 0;
  for (const CostsRow& row : costs.rows) {
    dearest = std::max(dearest, row.totals.cost.approximate());
  }
  std::string out;
  const std::size_t lines = costs.rows.size() + 2;  // titles and total
  for (std::size_t line = 0; line < lines; ++line) {
    std::string text;
    const auto cell = [&](const Column& column) { return line == 0 ? column.title : column.cells[line - 1]; };
    for (const Column& column : names) {
      text += cat(cell(column), padding(column.width, cell(column)), "  ");
    }
    for (const Column& column : numbers) {
      text += cat(padding(column.width, cell(column)), cell(column), "  ");
    }
    if (bar_width > 0 && line > 0 && line + 1 < lines && dearest > 0) {
      text += bar(costs.rows[line - 1].totals.cost.approximate() / dearest, bar_width, style.utf8);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

}  // namespace respand::cli
