#pragma once
// Elements: takes the records out of one complete text, an HTTP body or an array line: an object, an array, an object a
// line, or an array within an object. The structure of the whole text is checked first, so that a broken text is
// refused before any of its records is taken. Then the records go to the producer one by one, in slices, and wait while
// the producer is full. io thread only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/record/frame.h"
#include "sockets/http_routes.h"
#include "sockets/protocol.h"

namespace respand::sockets {

// The message for a record that is larger than socket.max_record.
[[nodiscard]] std::string over_the_limit(Bytes max_record);

class Elements {
 public:
  struct Fault {
    std::uint64_t index = 0;  // which element, from 0
    std::uint64_t byte = 0;   // in the whole text
    std::string message;
    record::Reason reason = record::Reason::kNotJson;
  };
  // So many faults are described; further ones are only counted.
  static constexpr std::size_t kDescribed = 16;
  // A text with more elements is refused as a whole. In the journal an element takes about 170 bytes for its header and
  // the fields that it lacks, however small it is. So many of them take no more room than the largest body (20 MiB).
  static constexpr std::uint64_t kMost = 100'000;

  explicit Elements(Bytes max_record) : max_record_(max_record), framer_(max_record) {}

  // Begins a text of this form. Returns a refusal of the text as a whole if its structure is broken, if it has another
  // form, or if it has too many elements: nothing of it will be taken. kOtlp: the text is one element.
  [[nodiscard]] std::optional<record::Refusal> begin(std::string_view text, Form form = Form::kRecords);
  // Goes on with the same text (which may have moved). kInput: it is done; kRoom, kTurn: call again. Counts the records
  // that it takes and refuses.
  [[nodiscard]] WaitFor step(std::string_view text, BatchingProducer& producer, const BatchingProducer::Origin& origin);

  // Nothing of the text was taken or refused so far.
  [[nodiscard]] bool untouched() const { return accepted_ + refused_ + refused_full_ == 0; }
  // The text is one object, not an array.
  [[nodiscard]] bool single() const { return single_ && !lines_; }
  // The indices of the elements that were refused, in order.
  [[nodiscard]] const std::vector<std::uint32_t>& refused_indexes() const { return refused_indexes_; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t refused_full() const { return refused_full_; }
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }
  // How many PendingAcks were opened since begin(): so many calls of on_committed() will come.
  [[nodiscard]] std::uint64_t marks() const { return pending_acks_; }

 private:
  [[nodiscard]] WaitFor take(std::string_view element, BatchingProducer& producer,
                             const BatchingProducer::Origin& origin);
  [[nodiscard]] std::optional<record::Refusal> look_through(std::string_view text);
  [[nodiscard]] std::optional<record::Refusal> look_through_lines(std::string_view text);
  [[nodiscard]] record::Frame next(std::string_view text);
  [[nodiscard]] record::Frame next_line(std::string_view text);
  void refuse(const record::Refusal& refusal);

  const Bytes max_record_;
  record::ElementFramer framer_;
  bool single_ = false;
  bool lines_ = false;          // an object a line
  bool whole_ = false;          // the text is one element
  std::size_t end_ = 0;         // where the part of the text that is framed ends
  std::size_t at_ = 0;          // where framing has got to
  std::size_t element_at_ = 0;  // where the current element begins
  std::size_t begin_ = 0;       // where the part of the text that is framed begins
  std::size_t pending_ = 0;     // size of an element that waits for room; 0: none
  std::uint64_t index_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_full_ = 0;
  std::uint64_t pending_acks_ = 0;
  std::vector<Fault> faults_;
  std::vector<std::uint32_t> refused_indexes_;
};

// The message to a writer while the journal is full and journal.when_full is `reject`.
inline constexpr std::string_view kFullMessage = "the journal is full; try again later";

}  // namespace respand::sockets
