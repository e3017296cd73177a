#include "app/dead_letter_api.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <iterator>
#include <map>

#include "app/query.h"
#include "delivery/dead_letter_store.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"
#include "respand/json/writer.h"
#include "spool/name.h"

namespace respand::app {
namespace {

using delivery::DeadLetterLine;
using delivery::DeadLetterStore;

Page failed(const Error& error) {
  return {.status = error.code == ErrorCode::kExists ? 409U : 500U, .body = error.message + "\n"};
}

struct SequencesAsked {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};
  bool given = false;
};

// Keeps the letters that were asked for: of a range those with the lowest sequences, else those that were read last.
class LetterSelection {
 public:
  explicit LetterSelection(SequencesAsked asked) : asked_(asked) {}
  void add(std::uint64_t sequence, std::string head) {
    if (sequence < asked_.first || sequence > asked_.last) {
      return;
    }
    letters_.emplace(asked_.given ? sequence : read_++, std::move(head));
    if (letters_.size() > DeadLetterApi::kLatest) {
      letters_.erase(asked_.given ? std::prev(letters_.end()) : letters_.begin());
    }
  }
  [[nodiscard]] const std::multimap<std::uint64_t, std::string>& letters() const { return letters_; }

 private:
  const SequencesAsked asked_;
  std::uint64_t read_ = 0;
  std::multimap<std::uint64_t, std::string> letters_;
};

Page list_letters(const std::string& directory, const SequencesAsked& asked) {
  std::map<std::string, std::uint64_t> reasons;
  LetterSelection latest(asked);
  std::uint64_t letters = 0;
  const Status read = DeadLetterStore::each(fs::posix(), directory, [&](const std::string&, std::string_view line) {
    const auto letter = delivery::parse_letter(line);
    if (!letter) {
      return;
    }
    ++letters;
    ++reasons[std::string(letter->reason)];
    latest.add(letter->sequence.value, without_record(*letter, line));
  });
  if (!read && read.error().code != ErrorCode::kNotFound) {
    return failed(read.error());
  }
  json::Object counts;
  for (const auto& [reason, count] : reasons) {
    counts.member(printable(reason, 100), count);
  }
  json::Array heads;
  for (const auto& [at, letter] : latest.letters()) {
    heads.element(letter);
  }
  const std::string body =
      json::Object().member("letters", letters).object("reasons", counts).value("latest", heads.text()).text();
  return {.type = "application/json", .body = body + "\n"};
}

Page replay_letters(const std::string& directory, const std::string& spool, const std::string& reason,
                    const std::string& id) {
  auto files = DeadLetterStore::open(fs::posix(), directory, spool);
  if (!files) {
    return failed(files.error());
  }
  SeededRandom random(entropy());
  const auto selected = [&](const DeadLetterLine& letter) {
    return (reason.empty() || letter.reason == reason) && (id.empty() || std::to_string(letter.sequence.value) == id);
  };
  const auto done = files->replay(selected, spool::kReplayPrefix, random);
  return done ? Page{.type = "application/json", .body = json::Object().member("replayed", done->letters).text() + "\n"}
              : failed(done.error());
}

// It must be shorter than a client waits for the answer.
constexpr Duration kGiveUpPatience = std::chrono::seconds{5};

Page give_up(delivery::Delivery& delivery, Sequence sequence) {
  using End = delivery::GiveUpRequests::End;
  const std::string record = cat("record ", sequence.value);
  switch (delivery.give_up(sequence, kGiveUpPatience)) {
    case End::kPutAside:
      return {.type = "application/json", .body = json::Object().member("added", sequence.value).text() + "\n"};
    case End::kDelivered:
      return {.status = 409, .body = record + " was delivered this moment\n"};
    case End::kNotTried:
      return {.status = 404,
              .body = record +
                      " is not among those that have failed and wait for another try: respand status --json "
                      "names those that were tried longest\n"};
    case End::kUnwritable:
      return {.status = 503, .body = record + " can't be put aside yet: respand status says why\n"};
    case End::kUnreadable:
      return {.status = 503, .body = record + " can't be read from the journal: see the log\n"};
    case End::kOnItsWay:
      return {.status = 202, .body = record + " is in flight: it is put aside when this attempt fails\n"};
  }
  return {.status = 500};
}

}  // namespace

Page DeadLetterApi::later(std::function<Page()> work) {
  Page page;
  page.later = [this, work = std::move(work)](const Page::Reply& reply) {
    if (busy_) {
      reply({.status = 409, .body = "the dead letters are being worked on: try again\n"});
      return;
    }
    busy_ = true;
    // The reply holds the connection, which must not be destroyed on that thread: so it goes back to the loop.
    thread_ = std::jthread([this, work, reply = reply]() mutable {  // not const, as a plain capture would be
      name_this_thread("letters");
      Page made = work();
      boost::asio::post(loop_, [this, reply = std::move(reply), made = std::move(made)] {
        busy_ = false;
        reply(made);
      });
    });
  };
  return page;
}

Page DeadLetterApi::list(std::string_view query) {
  const auto first = query_number(query, "first");
  const auto last = query_number(query, "last");
  const SequencesAsked asked = first && last ? SequencesAsked{*first, *last, true} : SequencesAsked{};
  return later([directory = directory_, asked] { return list_letters(directory, asked); });
}

Page DeadLetterApi::add(std::string_view query, delivery::Delivery& delivery) {
  const std::string text = query_value(query, "sequence");
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || number == 0) {
    return {.status = 400, .body = "which? sequence=N, as respand status --json names it\n"};
  }
  return later([&delivery, number] { return give_up(delivery, Sequence{number}); });
}

Page DeadLetterApi::replay(std::string_view query, bool spool_runs) {
  const std::string reason = query_value(query, "reason");
  const std::string id = query_value(query, "id");
  if (reason.empty() && id.empty() && query_value(query, "all") != "true") {
    return {.status = 400, .body = "which? reason=, id= or all=true\n"};
  }
  if (!spool_runs) {
    return {.status = 409, .body = "letters are replayed through the spool, and there is none: see spool.directory\n"};
  }
  return later(
      [directory = directory_, spool = spool_, reason, id] { return replay_letters(directory, spool, reason, id); });
}

}  // namespace respand::app
