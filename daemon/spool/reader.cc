#include "spool/reader.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "respand/base/text.h"
#include "respand/base/trim.h"

namespace respand::spool {

using record::Frame;
using record::Reason;
using record::Refusal;

std::optional<SpoolStamp> stamp_of(const fs::DirectoryFile& file) {
  const auto info = file.info();
  return info ? std::optional(SpoolStamp{info->size, info->modified}) : std::nullopt;
}

std::uint32_t crc_of(std::string_view record) {
  const std::string_view text = trimmed(record);
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

SpoolReader::SpoolReader(const fs::DirectoryFile& file, SpoolKind kind, Bytes max_record, SpoolStamp stamp)
    : file_(file),
      kind_(kind),
      max_record_(max_record),
      stamp_(stamp),
      source_(file, kind.packing),
      lines_(max_record),
      elements_(max_record) {}

std::string SpoolReader::place() const {
  if (at_.position == 0) {
    return {};
  }
  if (kind_.form == SpoolForm::kText) {
    return cat("element ", at_.element - 1);
  }
  return at_.in_line_array ? cat("line ", at_.line, ", element ", at_.element - 1) : cat("line ", at_.line);
}

SpoolReader::Event SpoolReader::next() {
  if (std::exchange(pending_used_, false)) {
    pending_.clear();
  }
  if (line_array_) {
    return next_inner();
  }
  if (input_.empty()) {
    return fill();
  }
  if (broken_) {
    raw_ = {.head = std::exchange(input_, {})};
    return Event::kRest;
  }
  return kind_.form == SpoolForm::kText ? next_element() : next_line();
}

// Fetches the next piece. At the end it compares the file's stamp with that of the beginning: if somebody has written
// to the file meanwhile, this may not be its end.
SpoolReader::Event SpoolReader::fill() {
  if (finished_) {
    return Event::kEnd;
  }
  const SpoolSource::Got got = source_.read(input_);
  if (got == SpoolSource::Got::kBytes) {
    at_.position += input_.size();
    return Event::kMore;
  }
  input_ = {};
  if (got == SpoolSource::Got::kFailed) {
    return Event::kFailed;
  }
  const auto stamp = stamp_of(file_);
  if (!stamp || *stamp != stamp_) {
    return Event::kChanged;
  }
  finished_ = true;
  if (got == SpoolSource::Got::kEnd) {
    return finish();
  }
  ++at_.line;
  ++at_.element;
  at_.in_line_array = false;
  refuse(
      Refusal{Reason::kNotJson, 0,
              at_.position == 0 ? source_.why() : cat(source_.why(), ", in what begins at byte ", source_.restart())},
      {.head = long_line_ || giant_ ? std::string_view{} : std::string_view(pending_)});
  return Event::kDamaged;
}

SpoolReader::Event SpoolReader::finish() {
  if (broken_ || at_.position == 0) {
    return Event::kEnd;
  }
  if (kind_.form == SpoolForm::kLines) {
    switch (lines_.finish()) {
      case Frame::kComplete:
        return line_done({});
      case Frame::kTooLarge:
        ++at_.line;
        return too_large({.head = pending_});
      case Frame::kNone:
      case Frame::kBroken:
        return Event::kEnd;
    }
  }
  if (elements_.finish() != Frame::kBroken) {
    return Event::kEnd;
  }
  ++at_.element;
  return refuse(elements_.refusal(), {.head = giant_ ? std::string_view{} : std::string_view(pending_)});
}

SpoolReader::Event SpoolReader::record(std::string_view text, Raw raw) {
  ++at_.ordinals;
  text_ = text;
  raw_ = raw;
  pending_used_ = true;
  return Event::kRecord;
}

SpoolReader::Event SpoolReader::refuse(Refusal refusal, Raw raw) {
  ++at_.ordinals;
  refusal_ = std::move(refusal);
  raw_ = raw;
  pending_used_ = true;
  return Event::kRefused;
}

SpoolReader::Event SpoolReader::too_large(Raw raw) {
  return refuse(Refusal{Reason::kTooLarge, 0, cat("larger than the limit of ", max_record_.value, " bytes")}, raw);
}

// Keeps the raw bytes of a frame that is not complete yet, so that they can be put aside if it has to be refused.
void SpoolReader::remember(std::string_view used) {
  if (kind_.form == SpoolForm::kText && pending_.empty()) {
    // White space and commas between two elements belong to neither, and are not kept: there may be any amount.
    used.remove_prefix(std::min(used.find_first_not_of(" \t\r\n,["), used.size()));
  }
  if (pending_.size() + used.size() > max_record_.value + 2 * SpoolSource::kPiece) {
    pending_.clear();  // Only white space behind a comma can be so long: the framer would have refused anything else.
  }
  pending_.append(used);
}

SpoolReader::Event SpoolReader::next_line() {
  if (long_line_) {
    const std::size_t end = input_.find('\n');
    const std::string_view piece = input_.substr(0, end == std::string_view::npos ? end : end + 1);
    std::string_view rest = piece;
    (void)lines_.next(rest);  // The framer has to pass over the line as well; it finds no frame in this piece.
    input_.remove_prefix(piece.size());
    long_line_ = end == std::string_view::npos;
    raw_ = {.head = piece};
    return Event::kRest;
  }
  const std::string_view before = input_;
  const Frame got = lines_.next(input_);
  const std::string_view used = before.substr(0, before.size() - input_.size());
  switch (got) {
    case Frame::kComplete:
      return line_done(used);
    case Frame::kTooLarge:
      ++at_.line;
      at_.in_line_array = false;
      long_line_ = lines_.in_line();
      return too_large({.head = pending_, .tail = used});
    case Frame::kNone:
    case Frame::kBroken:
      break;
  }
  remember(used);
  return Event::kMore;
}

SpoolReader::Event SpoolReader::line_done(std::string_view used) {
  ++at_.line;
  at_.in_line_array = false;
  pending_used_ = true;
  const std::string_view text = trimmed(lines_.frame());
  if (text.empty()) {
    return Event::kMore;
  }
  if (text.front() != '[') {
    return record(lines_.frame(), {.head = pending_, .tail = used});
  }
  line_array_.emplace(LineArray{record::ElementFramer(max_record_), text, text});
  at_.in_line_array = true;
  at_.element = 0;
  return next_inner();
}

SpoolReader::Event SpoolReader::next_inner() {
  pending_used_ = true;
  Frame got = line_array_->framer.next(line_array_->input);
  if (got == Frame::kNone) {
    got = line_array_->framer.finish();
  }
  ++at_.element;
  switch (got) {
    case Frame::kComplete:
      line_array_->undone = line_array_->input;
      return record(line_array_->framer.frame(), {.head = line_array_->framer.frame(), .add_line_end = true});
    case Frame::kNone:
      line_array_.reset();
      return Event::kMore;
    case Frame::kTooLarge:  // Can't be: the line itself was not too large.
    case Frame::kBroken:
      break;
  }
  Refusal refusal = line_array_->framer.refusal();
  const std::string_view undone = line_array_->undone;
  line_array_.reset();
  return refuse(std::move(refusal), {.head = undone, .add_line_end = true});
}

std::size_t SpoolGiant::feed(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
      done = !in_string && depth == 0;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      done = true;  // A number; the separator is not a part of it.
      return i;
    } else if (c == '}' || c == ']') {
      done = --depth == 0;
    }
    if (done) {
      return i + 1;
    }
  }
  return bytes.size();
}

SpoolReader::Event SpoolReader::giant() {
  const std::string_view piece = input_.substr(0, giant_->feed(input_));
  std::string_view rest = piece;
  (void)elements_.next(rest);
  input_.remove_prefix(piece.size());
  raw_ = {.head = piece, .add_line_end = giant_->done};
  if (giant_->done) {
    giant_.reset();
  }
  return Event::kRest;
}

SpoolReader::Event SpoolReader::next_element() {
  if (giant_) {
    return giant();
  }
  const std::string_view before = input_;
  const Frame got = elements_.next(input_);
  const std::string_view used = before.substr(0, before.size() - input_.size());
  switch (got) {
    case Frame::kNone:
      remember(used);
      return Event::kMore;
    case Frame::kComplete:
      ++at_.element;
      return record(elements_.frame(), {.head = elements_.frame(), .add_line_end = true});
    case Frame::kTooLarge: {
      ++at_.element;
      remember(used);
      giant_.emplace();
      const std::string_view raw = std::string_view(pending_).substr(0, giant_->feed(pending_));
      const bool done = giant_->done;
      if (done) {
        giant_.reset();
      }
      return too_large({.head = raw, .add_line_end = done});
    }
    case Frame::kBroken:
      break;
  }
  ++at_.element;
  broken_ = true;
  return refuse(elements_.refusal(), {.head = pending_, .tail = used});
}

}  // namespace respand::spool
