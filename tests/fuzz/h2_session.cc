// What a server sends over HTTP/2: whatever it is and however it is cut, each exchange ends at most once, and what is
// kept of an answer, and what is to be sent, stay bounded.

#include "http/h2_session.h"

#include <set>

#include "http/h2_route.h"
#include "respand/http/client.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

using http::Exchange;
using http::H2Session;

const http::H2Route& h2_route() {
  static const auto route = [] {
    http::start_library();
    http::Target target;
    target.url = "http://127.0.0.1/";
    target.version = http::Version::k2PriorKnowledge;
    return http::H2Route::make(target);
  }();
  return *route;
}

constexpr std::size_t kMaxBody = 100;

// One connection with three exchanges on it, whose server says these bytes behind its settings.
class H2Conversation {
 public:
  H2Conversation() {
    static constexpr std::uint8_t kSettings[9] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    claim(session_.take(kSettings, MonoTime{Duration{1}}), "settings open a connection");
    send();
    for (std::size_t i = 0; i < kExchanges; ++i) {
      http::Post post{.id = i, .payload = std::string(i * 40'000, 'x'), .max_body = kMaxBody};
      exchanges_[i].begin(std::move(post), h2_route().route(), gzip_, MonoTime{Duration{1}});
      claim(session_.submit(exchanges_[i], fields_.of(h2_route(), exchanges_[i].post, exchanges_[i].body.size())),
            "it is taken");
    }
    send();
  }

  // False: the connection is of no more use.
  bool take(std::string_view bytes) {
    const bool good =
        session_.take({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, MonoTime{Duration{2}});
    for (const H2Session::Ended& one : session_.ended()) {
      claim(ended_.insert(one.exchange).second, "an exchange ends once");
      claim(one.end != H2Session::End::kAnswered || one.exchange->status >= 100, "an answer has a status");
      http::Answer answer = one.exchange->take_answer(h2_route().route(), MonoTime{Duration{3}});
      answer.status = one.exchange->status;
      one.exchange->reader.put_into(answer, h2_route().route(), system_clock());
      claim(answer.body.size() <= kMaxBody, "no more of a body is kept than was asked for");
    }
    session_.ended().clear();
    return good && send() && !session_.over();
  }

 private:
  static constexpr std::size_t kExchanges = 3;
  bool send() {
    out_.clear();
    constexpr std::size_t kMost = 64 * 1024;
    const bool good = session_.fill(out_, kMost);
    claim(out_.size() <= kMost + 64 * 1024, "what is to be sent is bounded");
    return good;
  }

  http::Gzip gzip_;
  http::H2Route::Fields fields_;
  Exchange exchanges_[kExchanges];
  std::set<Exchange*> ended_;
  std::string out_;
  H2Session session_;
};

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  H2Conversation whole;
  static_cast<void>(whole.take(block.view()));
  H2Conversation cut;
  SeededRandom random(seed_of(block.view()));
  for (const std::string_view piece : pieces_of(block.view(), 7, random)) {
    if (!cut.take(piece)) {
      break;
    }
  }
  return 0;
}
