// `respand dead-letters list`, `show` and `export`, which read the files. The daemon may run or not.

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "cli/dead_letter_choice.h"
#include "cli/private_file.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using delivery::parse_letter;

// A row of the table.
std::string row_of(const delivery::DeadLetterLine& letter) {
  std::string row = cat(letter.sequence.value, "  ");
  const auto column = [&row](std::size_t at, std::string_view text) {
    row.resize(std::max(row.size(), at), ' ');
    row.append(text).append("  ");
  };
  column(12, letter.time.substr(0, 19));
  column(33, letter.reason);
  column(43, std::to_string(letter.attempts));
  column(50, std::to_string(letter.record.size()));
  column(61, printable(answer_text(letter), 60));
  return row.substr(0, row.find_last_not_of(' ') + 1);
}

}  // namespace

int list_letters(const LetterChoice& choice, const config::Config& config) {
  std::map<std::string, std::uint64_t> reasons;
  std::uint64_t letters = 0;
  std::uint64_t torn = 0;
  const Status read = each_letter(config, [&](const std::string&, std::string_view line) {
    const auto letter = parse_letter(line);
    if (!letter) {
      torn += line.empty() ? 0U : 1U;
      return;
    }
    if (!choice.takes(*letter)) {
      return;
    }
    ++reasons[std::string(letter->reason)];
    if (choice.json) {
      std::cout << delivery::without_record(*letter, line) << '\n';
      ++letters;
      return;
    }
    if (letters++ == 0) {
      std::cout << "ID          TIME                 REASON    TRIES  BYTES      ANSWER\n";
    }
    std::cout << row_of(*letter) << '\n';
  });
  if (!read) {
    return complain_of_letters(read.error().message);
  }
  if (!choice.json) {
    std::cout << letters_text(letters) << " in " << config.dead_letters.directory;
    for (const auto& [reason, count] : reasons) {
      std::cout << (reason == reasons.begin()->first ? ": " : ", ") << count << " x " << reason;
    }
    std::cout << '\n';
  }
  if (torn > 0) {
    std::cerr << torn << (torn == 1 ? " line is" : " lines are")
              << " no whole letter (torn by a crash, before its record was settled): not listed\n";
  }
  return kDone;
}

int show_letters(const LetterChoice& choice, const config::Config& config) {
  std::uint64_t shown = 0;
  std::uint64_t all = 0;
  const Status read = each_letter(config, [&](const std::string& file, std::string_view line) {
    const auto letter = parse_letter(line);
    all += letter ? 1U : 0U;
    if (!letter || !choice.takes(*letter)) {
      return;
    }
    ++shown;
    std::cout << "letter   " << letter->sequence.value << " in " << file << "\ntime     " << letter->time
              << "\nreason   " << letter->reason << "\nstatus   " << letter->status << "\ntries    " << letter->attempts
              << "\nanswer   " << answer_text(*letter) << "\nrecord   " << letter->record << "\n\n";
  });
  if (!read) {
    return complain_of_letters(read.error().message);
  }
  return shown > 0 ? kDone : complain_of_none(choice, all);
}

int export_letters(const LetterChoice& choice, const config::Config& config) {
  std::unique_ptr<PrivateFile> file;
  if (!choice.output.empty()) {
    auto opened = PrivateFile::open(choice.output);
    if (!opened) {
      return complain_of_letters(opened.error().message);
    }
    file = std::move(*opened);
  }
  std::ostream& out = file ? file->stream() : std::cout;
  std::uint64_t letters = 0;
  const Status read = each_letter(config, [&](const std::string&, std::string_view line) {
    const auto letter = parse_letter(line);
    if (letter && choice.takes(*letter)) {
      ++letters;
      out << (choice.full ? line : letter->record) << '\n';
    }
  });
  if (!read) {
    return complain_of_letters(read.error().message);
  }
  if (!out.flush()) {
    return complain_of_letters(cat(choice.output.empty() ? "stdout" : choice.output, " can't be written"));
  }
  std::cerr << letters_text(letters) << " exported\n";
  return kDone;
}

}  // namespace respand::cli
