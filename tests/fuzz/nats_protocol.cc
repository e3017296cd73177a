// What a NATS server sends: the events are the same however the bytes are cut, memory has a limit, and after what does
// not fit nothing comes.

#include "nats/protocol_reader.h"

#include "respand/base/text.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

using nats::Event;
using nats::ProtocolReader;

// One line for each event, with all that it says.
std::string told_by(const ProtocolReader& reader, Event event) {
  std::string told = cat(static_cast<int>(event), ' ');
  if (event == Event::kMessage) {
    const nats::ReceivedMessage& message = reader.message();
    claim(!message.subject.empty(), "a message has a subject");
    claim(message.headers.size() + message.payload.size() <= ProtocolReader::kMaxPayload,
          "and a size within the limit");
    claim(message.status == 0 || (message.status >= 100 && message.status <= 999), "and a status, or none");
    claim(message.subject.find_first_of(" \t\r\n") == std::string_view::npos, "a subject is a word");
    told += cat(message.sid, ' ', message.subject, ' ', message.reply, ' ', message.status, ' ', message.headers, '|',
                message.payload);
  } else if (event == Event::kInfo || event == Event::kError || event == Event::kBroken) {
    told += reader.text();
  }
  return told;
}

std::vector<std::string> events_in(const std::vector<std::string_view>& pieces) {
  ProtocolReader reader;
  std::vector<std::string> events;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::span<char> room = reader.room();
      claim(!room.empty(), "there is always room");
      const std::size_t count = std::min(room.size(), piece.size());
      std::copy_n(piece.begin(), count, room.begin());
      reader.filled(count);
      piece.remove_prefix(count);
      claim(reader.capacity() <= ProtocolReader::kMaxPayload + ProtocolReader::kMaxLine + ProtocolReader::kUsualBuffer,
            "memory has a limit");
      for (Event event = reader.next(); event != Event::kNone; event = reader.next()) {
        events.push_back(told_by(reader, event));
        if (event == Event::kBroken) {
          claim(reader.next() == Event::kBroken, "broken is broken");
          return events;
        }
      }
    }
  }
  return events;
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  SeededRandom random(seed_of(block.view()));
  const auto whole = events_in({block.view()});
  claim(events_in(pieces_of(block.view(), 3, random)) == whole, "small pieces are the same");
  claim(events_in(pieces_of(block.view(), 40, random)) == whole, "larger pieces are the same");
  return 0;
}
