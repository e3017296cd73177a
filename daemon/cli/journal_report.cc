#include "cli/journal_report.h"

#include "respand/base/text.h"
#include "respand/json/text.h"

namespace respand::cli {
namespace {

using journal::Damage;
using journal::Survey;
using journal::SurveyedSegment;

std::string json_text(std::string_view text) {
  std::string out;
  json::put_string(out, text);
  return out;
}

std::string time_or_null(const std::optional<WallTime>& time) { return time ? json_text(iso8601(*time)) : "null"; }

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

std::string damage_json(const Damage& damage) {
  return cat("{\"file\":", json_text(damage.file), ",\"offset\":", damage.begin,
             ",\"bytes\":", damage.end - damage.begin, ",\"first_sequence\":", damage.first.value,
             ",\"records\":", damage.last_end.value - damage.first.value, ",\"what\":", json_text(damage.what), "}");
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
  std::string out =
      cat("{\"directory\":", json_text(directory), ",\"format\":", journal::kFormatVersion,
          ",\"id\":", found.known ? json_text(hex_text(found.journal)) : "null", ",\"spare\":", found.spare.size(),
          ",\"file_bytes\":", file_bytes(found), ",\"records\":", found.records,
          ",\"open_records\":", found.open_records, ",\"open_bytes\":", found.open_bytes,
          ",\"oldest\":", found.open_records > 0 ? time_or_null(oldest_of(found)) : "null",
          ",\"next_sequence\":", found.next.value,
          ",\"settled_below\":", found.cursor ? cat(found.acked.floor().value) : "null",
          ",\"damaged_places\":", found.damage.size(), ",\"segments\":[");
  bool first = true;
  for (const SurveyedSegment& segment : found.segments) {
    out += cat(first ? "" : ",", "{\"file\":", json_text(segment_name(segment.found.name)),
               ",\"first_sequence\":", segment.name.first.value, ",\"records\":", segment.records,
               ",\"bytes\":", segment.bytes, ",\"unknown_records\":", segment.unknown,
               ",\"file_bytes\":", segment.found.size, ",\"oldest\":", time_or_null(segment.oldest),
               ",\"newest\":", time_or_null(segment.newest), ",\"damaged_places\":", segment.damaged_at, "}");
    first = false;
  }
  return out + "]}\n";
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
  std::string out = cat("{\"directory\":", json_text(directory), ",\"sound\":", found.damage.empty() ? "true" : "false",
                        ",\"records\":", found.records, ",\"missing\":", found.missing, ",\"damage\":[");
  bool first = true;
  for (const Damage& damage : found.damage) {
    out += cat(first ? "" : ",", damage_json(damage));
    first = false;
  }
  return out + "]}\n";
}

}  // namespace respand::cli
