// The journal's files as anybody may have left them: the input is a script that puts segments and cursors together of
// sound records, of records with something wrong, and of any bytes. A start ends, says so or takes sound records only,
// each once; a second start finds what the first one left.

#include <map>
#include <set>

#include "journal/cursor.h"
#include "journal/format.h"
#include "journal/journal.h"
#include "journal/scanner.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "tests/fuzz/input.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fuzz {
namespace {

using journal::RecordHeader;
using journal::SegmentHeader;
using journal::SegmentName;

constexpr std::uint64_t kJournal = 7;
constexpr auto kCompletion = static_cast<std::uint8_t>(journal::Kind::kCompletion);
constexpr std::size_t kMaxFile = 32 * 1024;
const std::string kFolder = "/journal";

struct Written {
  std::string content{};
  SegmentName name;
};

// Appends what looks like a record; sound unless the script damages it later.
void put_record(std::string& out, const SegmentName& segment, Sequence sequence, std::string_view payload,
                std::uint8_t attributes, std::uint8_t kind) {
  std::string bytes(journal::record_extent(payload.size()), '\0');
  auto* const at = reinterpret_cast<std::byte*>(bytes.data());
  RecordHeader header;
  header.length = static_cast<std::uint32_t>(payload.size());
  header.kind = kind;
  header.attributes = attributes;
  journal::encode(header, at);
  payload.copy(bytes.data() + RecordHeader::kSize, payload.size());
  journal::seal(at, journal::stamp_of(kJournal, segment.id), sequence);
  out += bytes;
}

void put_segment_header(std::string& out, const SegmentName& name, std::uint32_t version) {
  SegmentHeader header;
  header.version = version;
  header.journal = kJournal;
  header.id = name.id;
  header.first = name.first;
  std::array<std::byte, SegmentHeader::kSize> bytes{};
  journal::encode(header, bytes);
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void damage(std::string& content, Source& source) {
  if (content.empty()) {
    return;
  }
  const std::size_t at = source.number<std::uint16_t>() % content.size();
  switch (source.byte() % 4) {
    case 0:
      content[at] = static_cast<char>(content[at] ^ static_cast<char>(1 + source.byte() % 255));
      break;
    case 1:
      content.resize(at);
      break;
    case 2:
      std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(content.size() - at, 64),
                  '\0');
      break;
    default:
      content.erase(at, source.byte());
      break;
  }
}

// A cursor's slots as its own code writes them.
void put_cursor(fs::FaultFileSystem& fs, Source& source) {
  auto cursor = journal::Cursor::open(fs, kFolder);
  if (!cursor) {
    return;
  }
  journal::CursorState state{.journal = kJournal};
  for (std::uint8_t left = source.byte() % 4; left > 0; --left) {
    const std::uint64_t first = source.byte();
    state.acked.add_range(Sequence{first}, Sequence{first + source.byte() % 16});
  }
  const bool written = source.byte() % 2 == 0 ? cursor->write(state).has_value() : cursor->prepare(state).has_value();
  claim(written, "a sound disk is written");
}

// Lays the files out; returns the payloads of all records that were ever sealed.
std::set<std::string> lay_out(fs::FaultFileSystem& fs, Source source) {
  std::set<std::string> sealed;
  std::vector<Written> segments;
  std::uint64_t next = 1;
  const auto begin_segment = [&](std::uint32_t version) {
    segments.push_back({{}, {SegmentId{segments.size() + 1}, Sequence{next}}});
    put_segment_header(segments.back().content, segments.back().name, version);
  };
  begin_segment(journal::kFormatVersion);
  while (!source.empty()) {
    std::string& content = segments.back().content;
    if (content.size() > kMaxFile) {
      break;
    }
    switch (source.byte() % 12) {
      case 0:
      case 1:
      case 2:
      case 3: {  // the next record
        const std::string payload = cat("{\"n\":", next, "}", source.text(source.byte()));
        put_record(content, segments.back().name, Sequence{next++}, payload, 0, kCompletion);
        sealed.insert(payload);
        break;
      }
      case 4: {  // one out of order, of an unknown kind, or with attributes longer than itself
        const auto sequence = Sequence{source.byte() % 2 == 0 ? source.byte() : source.number<std::uint64_t>()};
        const std::string payload = cat("odd ", sequence.value);
        put_record(content, segments.back().name, sequence, payload, source.byte() % 8,
                   source.byte() % 16 == 0 ? kCompletion + 1 : kCompletion);
        for (std::size_t attributes = 0; attributes < 8; ++attributes) {
          sealed.insert(payload.substr(std::min(attributes, payload.size())));
        }
        break;
      }
      case 5:
        content.append(source.text(source.number<std::uint16_t>() % 512));
        break;
      case 6:
        content.append(source.byte() * std::size_t{8}, '\0');
        break;
      case 7:
      case 8:
        damage(content, source);
        break;
      case 9:
        if (segments.size() < 6) {
          begin_segment(source.byte() == 255 ? 2 : journal::kFormatVersion);
        }
        break;
      case 10:
        put_cursor(fs, source);
        break;
      default: {
        std::string cursor = fs.exists(kFolder + "/cursor") ? fs.content(kFolder + "/cursor") : std::string(64, '\1');
        damage(cursor, source);
        fs.set_content(kFolder + "/cursor", cursor);
        break;
      }
    }
  }
  for (const Written& segment : segments) {
    fs.set_content(cat(kFolder, "/", journal::segment_name(segment.name)), segment.content);
  }
  return sealed;
}

// A folder with a cursor in it, made once: its zeros cost more than all else.
const fs::FaultFileSystem::Snapshot& empty_journal() {
  static const fs::FaultFileSystem::Snapshot made = [] {
    fs::FaultFileSystem fs;
    claim(fs.make_directories(kFolder).has_value() && journal::Cursor::open(fs, kFolder).has_value(), "it is made");
    return fs.snapshot();
  }();
  return made;
}

struct Found {
  bool started = false;
  std::map<std::uint64_t, std::string> records{};
  friend bool operator==(const Found&, const Found&) = default;
};

// One life of a daemon: starts, takes all there is, acknowledges nothing.
Found start(fs::FaultFileSystem& fs, const std::set<std::string>& sealed) {
  metrics::Registry registry;
  const ManualClock clock;
  SeededRandom random(1);
  journal::Settings settings;
  settings.directory = kFolder;
  settings.segment_size = Bytes{64 * 1024};
  settings.max_size = Bytes{1024 * 1024};
  auto journal = journal::Journal::open(settings, fs, registry, clock, random);
  if (!journal) {
    claim(journal.error().code == ErrorCode::kUnsupported, "only a newer format keeps it from starting");
    return {};
  }
  Found found{.started = true};
  journal::Ref ref;
  std::string payload;
  for (std::size_t turns = 0; (*journal)->reader().take(ref) || turns < 2;) {
    if (ref.segment == nullptr) {
      static_cast<void>((*journal)->step());  // looks at the segments again
      ++turns;
      continue;
    }
    claim(!found.records.contains(ref.sequence.value), "each is taken once");
    if ((*journal)->reader().read(ref, payload)) {
      claim(sealed.contains(payload), "only what was written is taken");
      found.records[ref.sequence.value] = payload;
    } else {
      (*journal)->reader().lost(ref, "damaged");
    }
    ref = {};
    claim(found.records.size() <= sealed.size(), "no more than there were");
  }
  static_cast<void>((*journal)->oldest());
  static_cast<void>((*journal)->history().visit([](Sequence, std::string_view) { return true; }));
  (*journal)->stop();
  return found;
}

// Forgets the batches that it gets back.
class NoProducer final : public journal::Producer {
 public:
  void committed(std::unique_ptr<journal::Batch>, journal::CommitResult outcome) noexcept override {
    claim(outcome == journal::CommitResult::kDurable, "a sound disk takes what comes in");
  }
};

// Another life, in which records come in while those that were found wait: whatever is damaged, each is given once, and
// the new ones all are.
void go_on(fs::FaultFileSystem& fs) {
  constexpr std::uint64_t kNew = 12;
  NoProducer producer;
  metrics::Registry registry;
  const ManualClock clock;
  SeededRandom random(1);
  journal::Settings settings;
  settings.directory = kFolder;
  settings.segment_size = Bytes{64 * 1024};
  settings.max_size = Bytes{1024 * 1024};
  settings.references = 4;
  auto journal = journal::Journal::open(settings, fs, registry, clock, random);
  const std::uint64_t first_new = journal ? (*journal)->durable_end().value : 0;
  if (first_new == 0 || first_new > ~std::uint64_t{0} / 2) {
    return;  // a newer format; or sequences that no journal comes to
  }
  (*journal)->reader().give_fresh(true);
  std::set<std::uint64_t> given;
  std::uint64_t put = 0;
  for (std::size_t idle = 0; idle < 6 || put < kNew;) {
    if (put < kNew) {
      auto batch = std::make_unique<journal::Batch>(producer, 64);
      batch->begin(journal::Kind::kCompletion, clock.wall(), {}, 2)[0] = '{';
      batch->end(2);
      claim((*journal)->writer().offer(batch), "there is room in the ring");
      ++put;
    }
    static_cast<void>((*journal)->step());
    bool any = false;
    for (journal::Ref ref; put % 2 == 0 ? (*journal)->reader().take_fresh(ref) : (*journal)->reader().take(ref);
         any = true) {
      claim(given.insert(ref.sequence.value).second, "each is given once");
      std::string payload;
      if (!(*journal)->reader().read(ref, payload)) {
        claim(ref.sequence.value < first_new, "what is new is sound");
        (*journal)->reader().lost(ref, "damaged");
      }
    }
    put += put >= kNew ? 1 : 0;  // each of the two ways in turn
    idle = any ? 0 : idle + 1;
  }
  for (std::uint64_t sequence = first_new; sequence < (*journal)->durable_end().value; ++sequence) {
    claim(given.contains(sequence), "what came in is given");
  }
  (*journal)->stop();
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  log::set_level(log::Level::kError);
  fs::FaultFileSystem fs(empty_journal());
  const Block block(text_of(data, size));
  const auto sealed = lay_out(fs, Source(block.view()));
  const Found first = start(fs, sealed);
  claim(start(fs, sealed) == first, "a second start finds the same");
  fs.crash_keeping_all();
  claim(start(fs, sealed) == first, "so does one after a kill");
  go_on(fs);
  return 0;
}
