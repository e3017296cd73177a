#include "cli/journal_report.h"

#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::cli {
namespace {

using journal::Damage;
using journal::Survey;
using journal::SurveyedSegment;

std::string time_or_null(const std::optional<WallTime>& time) {
  return time ? json::string_of(iso8601(*time)) : "null";
}

std::string hex_text(std::uint64_t value) {
  const std::string name = journal::segment_name({SegmentId{value}, Sequence{0}});
  return name.substr(4, 16);
}

std::optional<WallTime> oldest_of(const Survey& found) {
  std::optional<WallTime> oldest;
  for (const SurveyedSegment& segment : found.segments) {
    if (segment.oldest && segment.limit > found.acked.floor()) {
      oldest = std::min(oldest.value_or(*segment.oldest), *segment.oldest);
    }
  }
  return oldest;
}

std::uint64_t file_bytes(const Survey& found) {
  std::uint64_t bytes = 0;
  for (const SurveyedSegment& segment : found.segments) {
    bytes += segment.found.size;
  }
  for (const auto* list : {&found.spare, &found.strangers}) {
    for (const journal::Found& file : *list) {
      bytes += file.size;
    }
  }
  return bytes;
}

// The range of sequences [first, end) as people write it.
std::string range(Sequence first, Sequence end) {
  return end.value == first.value + 1 ? cat(first.value) : cat(first.value, " to ", end.value - 1);
}

json::Object damage_json(const Damage& damage) {
  return json::Object()
      .member("file", damage.file)
      .member("offset", damage.begin)
      .member("bytes", damage.end - damage.begin)
      .member("first_sequence", damage.first.value)
      .member("records", damage.last_end.value - damage.first.value)
      .member("what", damage.what);
}

json::Object segment_json(const SurveyedSegment& segment) {
  return json::Object()
      .member("file", segment_name(segment.found.name))
      .member("first_sequence", segment.name.first.value)
      .member("records", segment.records)
      .member("bytes", segment.bytes)
      .member("unknown_records", segment.unknown)
      .member("file_bytes", segment.found.size)
      .value("oldest", time_or_null(segment.oldest))
      .value("newest", time_or_null(segment.newest))
      .member("damaged_places", segment.damaged_at);
}

}  // namespace

std::string info_text(const std::string& directory, const Survey& found) {
  std::string out = cat("journal    ", directory, ", format ", journal::kFormatVersion, ", id ",
                        found.known ? hex_text(found.journal) : std::string("unknown"), "\n");
  out += cat("segments   ", found.segments.size(), ", ", found.spare.size(), " spare, ", file_bytes(found),
             " bytes of files\n");
  out += cat("records    ", found.records, " on disk, ", found.open_records, " open (", found.open_bytes,
             " bytes); the next one is ", found.next.value, "\n");
  if (const auto oldest = oldest_of(found); oldest && found.open_records > 0) {
    out += cat("oldest     received ", iso8601(*oldest), "\n");
  }
  out += found.cursor ? cat("cursor     generation ", found.cursor_generation, ", all below ",
                            found.acked.floor().value, " is settled, and ", found.acked.ranges(),
                            found.acked.ranges() == 1 ? " range" : " ranges", " above\n")
                      : std::string("cursor     none: nothing says what is settled\n");
  out += found.damage.empty()
             ? std::string("damage     none\n")
             : cat("damage     in ", found.damage.size(), found.damage.size() == 1 ? " place" : " places",
                   "; see `respand journal verify`\n");
  for (const SurveyedSegment& segment : found.segments) {
    out += cat("  ", segment_name(segment.found.name), "  ", segment.records, " records, ", segment.bytes, " bytes");
    out += segment.oldest ? cat(", received from ", iso8601(*segment.oldest), " to ", iso8601(*segment.newest)) : "";
    out += segment.unknown > 0 ? cat(", ", segment.unknown, " of a kind that this version does not know") : "";
    out += segment.damaged_at > 0 ? ", damaged\n" : "\n";
  }
  return out;
}

std::string info_json(const std::string& directory, const Survey& found) {
  json::Array segments;
  for (const SurveyedSegment& segment : found.segments) {
    segments.element(segment_json(segment));
  }
  return json::Object()
             .member("directory", directory)
             .member("format", journal::kFormatVersion)
             .value("id", found.known ? json::string_of(hex_text(found.journal)) : "null")
             .member("spare", found.spare.size())
             .member("file_bytes", file_bytes(found))
             .member("records", found.records)
             .member("open_records", found.open_records)
             .member("open_bytes", found.open_bytes)
             .value("oldest", found.open_records > 0 ? time_or_null(oldest_of(found)) : "null")
             .member("next_sequence", found.next.value)
             .value("settled_below", found.cursor ? cat(found.acked.floor().value) : "null")
             .member("damaged_places", found.damage.size())
             .value("segments", segments.text())
             .text() +
         "\n";
}

std::string damage_text(const Damage& damage) {
  std::string out = damage.file;
  if (damage.end > damage.begin) {
    out += cat(" at ", damage.begin, " (", damage.end - damage.begin, " bytes)");
  }
  out += cat(out.empty() ? "" : ": ", damage.what);
  if (damage.last_end > damage.first) {
    out += cat("; records that are not there: ", range(damage.first, damage.last_end));
  }
  return out;
}

std::string verify_json(const std::string& directory, const Survey& found) {
  json::Array damage;
  for (const Damage& one : found.damage) {
    damage.element(damage_json(one));
  }
  return json::Object()
             .member("directory", directory)
             .member("sound", found.damage.empty())
             .member("records", found.records)
             .member("missing", found.missing)
             .value("damage", damage.text())
             .text() +
         "\n";
}

}  // namespace respand::cli
