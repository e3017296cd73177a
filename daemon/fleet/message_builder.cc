#include "fleet/message_builder.h"

#include <algorithm>
#include <utility>

#include "fleet/borders.h"
#include "respand/base/text.h"
#include "respand/journal/attributes.h"

namespace respand::fleet {

// A spool's origin would be taken for that of the relay's own spool; why a record is not delivered concerns none that
// is; and an origin is given by the relay that takes the record first.
void strip_local(std::string_view attributes, std::string& out) {
  out.clear();
  std::string_view rest = attributes;
  for (std::string_view before = rest; const auto attribute = journal::take_attribute(rest); before = rest) {
    const bool local = attribute->tag == journal::Tag::kSpoolOrigin || attribute->tag == journal::Tag::kSampledOut ||
                       attribute->tag == journal::Tag::kStreamOrigin;
    if (!local) {
      out += before.substr(0, before.size() - rest.size());
    }
  }
}

MessageBuilder::MessageBuilder(Settings settings, journal::JournalReader& journal, BatchSource& source,
                               const Clock& clock)
    : settings_(std::move(settings)), journal_(journal), source_(source), clock_(clock) {}

OpenBatch MessageBuilder::build(std::vector<journal::Ref> records) {
  writer_.begin(settings_.journal, settings_.host);
  OpenBatch batch;
  for (journal::Ref& ref : records) {
    if (add(ref)) {
      batch.sequences.add(ref.sequence);
      batch.records.push_back(std::move(ref));
    }
  }
  if (!batch.records.empty()) {
    batch.id = message_id(settings_.journal, batch.sequences);
    batch.message = writer_.finish(settings_.compress);
  }
  return batch;
}

bool MessageBuilder::add(const journal::Ref& ref) {
  payload_.clear();
  const Status read = journal_.append_request_through(window_, ref, attributes_, payload_);
  if (!read && read.error().code != ErrorCode::kNotFound) {
    unreadable(ref, read.error());
  }
  if (!unread_.empty() && (read || read.error().code == ErrorCode::kNotFound)) {
    std::erase_if(unread_, [&ref](const Unread& one) { return one.sequence == ref.sequence; });
  }
  if (!read) {
    return false;  // kNotFound: it was dropped meanwhile, and needs nothing more
  }
  strip_local(attributes_, stripped_);
  writer_.add({ref.sequence, ref.received, kind_for(ref.route), ref.route, stripped_, payload_});
  return true;
}

void MessageBuilder::unreadable(const journal::Ref& ref, const Error& error) {
  if (error.code == ErrorCode::kCorrupt) {
    journal_.lost(ref, error.message);
    return;
  }
  const MonoTime now = clock_.mono();
  auto found =
      std::find_if(unread_.begin(), unread_.end(), [&ref](const Unread& one) { return one.sequence == ref.sequence; });
  if (found == unread_.end()) {
    unread_.push_back({ref.sequence, 0, now});
    found = unread_.end() - 1;
  }
  if (++found->reads >= kReadPatience && now >= found->since + kReadGrace && journal_.rest_is_readable(ref)) {
    unread_.erase(found);
    journal_.lost(ref, error.message);
    return;
  }
  if (unreadable_throttle_.open(now)) {
    log::warning("a record can't be read from the journal now; it is tried again",
                 {{"sequence", ref.sequence.value}, {"why", error.message}});
  }
  source_.put_back(ref, now + kReadAgain);
}

}  // namespace respand::fleet
