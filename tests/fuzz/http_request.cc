// HttpRequestReader: bytes give the same requests and the same end however they are cut; memory is bounded.

#include "respand/http1/request_reader.h"

#include <memory>
#include <utility>

#include "respand/base/text.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

using http1::HttpRequestReader;
using Step = HttpRequestReader::Step;

void note_head(std::string& found, const HttpRequestReader::Head& head) {
  found += cat(head.method, head.post ? "! " : " ", head.target, head.http_1_0 ? " 1.0" : "",
               head.keep_alive ? " keep" : "", head.has_body ? " body" : "", head.expects_continue ? " continue" : "",
               head.expects_unknown ? " unknown" : "", head.content_encoding.empty() ? "" : " encoded ",
               head.content_encoding, "|", head.content_type, "|", head.http_1_0 ? std::string() : head.host, "|",
               head.kept);
}

// What readers make of the pieces; every second body is thrown away where `picky`. With `hands_over` each piece is for
// another reader, which goes on where the one before was; but not amid a body that is thrown away.
std::string read(const std::vector<std::string_view>& pieces, Bytes limit, bool picky, bool hands_over = false) {
  auto reader = std::make_unique<HttpRequestReader>(limit);
  bool known_head = false;  // it was said by an earlier reader
  std::string found;
  std::size_t requests = 0;
  bool thrown_away = false;
  bool in_body = false;
  for (const std::string_view piece : pieces) {
    std::string left;
    if (hands_over && !(in_body && thrown_away)) {
      left = reader->so_far({});
      reader = std::make_unique<HttpRequestReader>(limit);
      known_head = in_body;
    }
    const Block block(left + std::string(piece));
    std::string_view input = block.view();
    for (bool more = true; more;) {
      switch (reader->read(input)) {
        case Step::kMore:
          claim(input.empty(), "all input is taken");
          more = false;
          break;
        case Step::kHead:
          if (std::exchange(known_head, false)) {
            break;
          }
          in_body = true;
          note_head(found, reader->head());
          thrown_away = picky && ++requests % 2 == 0;
          if (thrown_away) {
            reader->discard_body();
          }
          break;
        case Step::kDone:
          claim(reader->body().size() <= limit.value, "no body is over the limit");
          found += cat("[", thrown_away ? "…" : reader->body(), "]\n");
          reader->release_body();
          reader->next();
          in_body = false;
          break;
        case Step::kBroken:
          claim(reader->status() >= 400 && reader->status() < 600 && !reader->error().empty(), "a refusal says why");
          return cat(found, "broken ", reader->status());
      }
    }
    claim(reader->memory() <= 2 * limit.value + 64 * 1024, "memory is bounded");
  }
  return found + (reader->in_request() ? "unfinished" : "end");
}

// The same requests and the same end. Only a head that is wrong and not complete may be found out later, where it comes
// in pieces: the parser then waits for the empty line, within the limit of headers.
bool agree(std::string_view pieces, std::string_view whole) {
  constexpr std::string_view kUnfinished = "unfinished";
  if (pieces.ends_with(kUnfinished) && whole.find("broken ") != std::string_view::npos) {
    pieces.remove_suffix(kUnfinished.size());
    return whole.starts_with(pieces) && whole.substr(pieces.size()).starts_with("broken ");
  }
  return pieces == whole;
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const std::string_view text = text_of(data, size);
  SeededRandom random(seed_of(text));
  const Bytes limit{8 + random.below(64)};
  const bool picky = random.below(2) == 0;
  const std::string whole = read({text}, limit, picky);
  for (const std::size_t usual : {1U, 3U, 40U}) {
    const std::string cut = read(pieces_of(text, usual, random), limit, picky);
    claim(agree(cut, whole), "cuts change nothing:\n" + whole + "\nbut cut:\n" + cut);
    const std::string handed = read(pieces_of(text, usual, random), limit, picky, true);
    claim(agree(handed, whole), "a hand-over changes nothing:\n" + whole + "\nbut handed over:\n" + handed);
  }
  return 0;
}
