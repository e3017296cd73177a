#include "record/fault_finder.h"

#include <rapidjson/reader.h>

#include <cstddef>

#include "record/refusals.h"
#include "record/token_stream.h"
#include "respand/base/text.h"

namespace respand::record {
namespace {

// Iterative: recursion would be at the mercy of the text. RapidJSON's flags for strings and numbers (validate encoding,
// numbers as strings) have nothing to do: TokenStream judges those.
constexpr unsigned kFlags = rapidjson::kParseIterativeFlag;

// Ends RapidJSON's parse at what the grammar allows and a record must not have.
class LimitHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, LimitHandler> {
 public:
  enum class Stop : std::uint8_t { kNone, kTooDeep, kNotObject };

  // `stream` is borrowed: it tells where the value stands that an event is about.
  LimitHandler(const TokenStream& stream, std::uint32_t max_depth) : stream_(stream), max_depth_(max_depth) {}

  // Strings and numbers: the stream has the token.
  bool Default() { return scalar(static_cast<std::size_t>(stream_.token().data() - stream_.text(0, 0).data())); }
  // RapidJSON has read the word when it tells of it.
  bool Null() { return scalar(stream_.Tell() - 4); }
  bool Bool(bool value) { return scalar(stream_.Tell() - (value ? 4 : 5)); }
  bool Key(const char*, rapidjson::SizeType, bool) { return true; }
  bool StartObject() { return start(); }
  bool StartArray() { return depth_ == 0 ? stop(Stop::kNotObject, stream_.Tell()) : start(); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool EndArray(rapidjson::SizeType) { return end(); }

  [[nodiscard]] Stop stopped() const { return stop_; }
  [[nodiscard]] std::size_t stop_byte() const { return stop_byte_; }

 private:
  bool stop(Stop why, std::size_t byte) {
    stop_ = why;
    stop_byte_ = byte;
    return false;
  }
  bool scalar(std::size_t byte) { return depth_ > 0 || stop(Stop::kNotObject, byte); }
  bool start() {
    if (depth_ >= max_depth_) {
      return stop(Stop::kTooDeep, stream_.Tell());
    }
    ++depth_;
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }

  const TokenStream& stream_;
  const std::uint32_t max_depth_;
  std::uint32_t depth_ = 0;
  Stop stop_ = Stop::kNone;
  std::size_t stop_byte_ = 0;
};

}  // namespace

struct FaultFinder::Impl {
  // RapidJSON's stack holds two numbers for each open level and the end mark of an empty string: it never grows.
  explicit Impl(std::uint32_t depth)
      : max_depth(depth), reader(nullptr, (std::size_t{depth} + 1) * 2 * sizeof(rapidjson::SizeType) + 1) {}

  std::uint32_t max_depth;
  rapidjson::Reader reader;
};

FaultFinder::FaultFinder(std::uint32_t max_depth) : impl_(std::make_unique<Impl>(max_depth)) {}
FaultFinder::~FaultFinder() = default;

// Of several things that are wrong, the order in which they are asked for here decides which one is told: a faulty
// token before a limit, a limit before the grammar.
std::optional<Refusal> FaultFinder::find(std::string_view record) {
  TokenStream stream(record);
  LimitHandler handler(stream, impl_->max_depth);
  const rapidjson::ParseResult result = impl_->reader.Parse<kFlags>(stream, handler);
  if (stream.fault() != json::Fault::kNone) {
    return refuse_token(record, stream.fault(), stream.fault_byte());
  }
  switch (handler.stopped()) {
    case LimitHandler::Stop::kTooDeep:
      return refuse(Reason::kTooDeep, handler.stop_byte(), cat("nested deeper than ", impl_->max_depth, " levels"));
    case LimitHandler::Stop::kNotObject:
      return refuse_root(record, handler.stop_byte());
    case LimitHandler::Stop::kNone:
      break;
  }
  if (result.IsError()) {
    return refuse_grammar(record, result.Code(), result.Offset());
  }
  if (stream.Tell() != record.size()) {  // a NUL byte behind the object, which RapidJSON takes for the end
    return refuse_grammar(record, rapidjson::kParseErrorDocumentRootNotSingular, stream.Tell());
  }
  return std::nullopt;
}

}  // namespace respand::record
