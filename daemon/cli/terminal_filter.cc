#include "cli/terminal_filter.h"

#include "respand/base/terminal_text.h"

namespace respand::cli {

TerminalFilter::TerminalFilter(std::ostream& stream) : stream_(stream), terminal_(stream.rdbuf(this)) {}

TerminalFilter::~TerminalFilter() {
  static_cast<void>(pass_on(true));
  terminal_->pubsync();
  stream_.rdbuf(terminal_);
}

TerminalFilter::int_type TerminalFilter::overflow(int_type c) {
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    pending_.push_back(traits_type::to_char_type(c));
  }
  return pass_on(false) ? traits_type::not_eof(c) : traits_type::eof();
}

std::streamsize TerminalFilter::xsputn(const char* text, std::streamsize size) {
  pending_.append(text, static_cast<std::size_t>(size));
  return pass_on(false) ? size : 0;
}

int TerminalFilter::sync() { return pass_on(false) ? terminal_->pubsync() : -1; }

// `all`: passes on even what may be only the beginning of a character.
bool TerminalFilter::pass_on(bool all) {
  std::size_t whole = pending_.size();
  if (!all) {
    whole -= incomplete_end(pending_);
    whole -= whole == pending_.size() && pending_.ends_with('\r') ? 1U : 0U;  // of a line end, perhaps
  }
  const std::string text = shown_on_terminal(std::string_view(pending_).substr(0, whole));
  pending_.erase(0, whole);
  return terminal_->sputn(text.data(), static_cast<std::streamsize>(text.size())) ==
         static_cast<std::streamsize>(text.size());
}

}  // namespace respand::cli
