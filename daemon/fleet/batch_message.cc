#include "fleet/batch_message.h"

#include <zstd.h>

#include <cstring>
#include <utility>

#include "fleet/encoding.h"
#include "respand/base/check.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

// The fastest level: records are JSON, which it makes four times smaller. Higher levels cost more than the network.
constexpr int kLevel = 1;
// A larger buffer, which a record of many MiB needs, is not kept for the next batch.
constexpr std::size_t kKeptMemory = std::size_t{2} << 20;

Error damaged(std::string_view what) { return error(ErrorCode::kCorrupt, cat("not a batch of an edge: ", what)); }

// Whether this version knows what to do with it.
bool is_known(std::uint8_t kind, std::uint8_t route) {
  return route < kApiRoutes.size() && kind == static_cast<std::uint8_t>(kind_for(static_cast<ApiRoute>(route)));
}

// Unpacks the stored records into `body`, whose size is what they must have.
Status unpack(std::string_view stored, bool compressed, std::vector<char>& body) {
  if (!compressed) {
    if (stored.size() != body.size()) {
      return damaged("its records have another length");
    }
    std::memcpy(body.data(), stored.data(), stored.size());
    return {};
  }
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != body.size()) {
    return damaged("its records unpack to another length");
  }
  const std::size_t size = ZSTD_decompress(body.data(), body.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0U || size != body.size()) {
    return damaged("its records can't be unpacked");
  }
  return {};
}

// Splits the body into its records.
Status split(BatchMessage& batch, std::uint32_t count) {
  std::string_view rest(batch.body.data(), batch.body.size());
  batch.records.reserve(count);
  std::uint64_t last = 0;
  for (; count > 0; --count) {
    if (rest.size() < BatchRecord::kHead) {
      return damaged("a record is cut off");
    }
    BatchRecord record;
    record.sequence = Sequence{number_at<std::uint64_t>(rest, 0)};
    record.received = WallTime{Duration{number_at<std::int64_t>(rest, 8)}};
    const auto kind = number_at<std::uint8_t>(rest, 16);
    const auto route = number_at<std::uint8_t>(rest, 17);
    const std::size_t attributes = number_at<std::uint16_t>(rest, 18);
    const std::size_t payload = number_at<std::uint32_t>(rest, 20);
    rest.remove_prefix(BatchRecord::kHead);
    if (attributes + payload > rest.size() || payload == 0 || record.sequence.value <= last) {
      return damaged("a record is cut off, empty or out of order");
    }
    if (!is_known(kind, route)) {
      return error(ErrorCode::kUnsupported, cat("records of kind ", kind, " for route ", route,
                                                ", which this version does not know: update this relay"));
    }
    record.kind = static_cast<journal::Kind>(kind);
    record.route = static_cast<ApiRoute>(route);
    record.attributes = rest.substr(0, attributes);
    record.payload = rest.substr(attributes, payload);
    rest.remove_prefix(attributes + payload);
    last = record.sequence.value;
    batch.records.push_back(record);
  }
  return rest.empty() ? Status() : Status(damaged("something stands behind its records"));
}

}  // namespace

// Made for the first batch that is compressed. Its tables, half a megabyte for a usual batch, would otherwise be given
// back to the kernel and cleared by it for each batch.
struct BatchWriter::Compressor {
  struct Free {
    void operator()(ZSTD_CCtx* made) const { ZSTD_freeCCtx(made); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
};

BatchWriter::BatchWriter() = default;
BatchWriter::~BatchWriter() = default;

void BatchWriter::begin(std::uint64_t journal, std::string_view host) {
  RESPAND_CHECK(host.size() <= kLongestHost);
  journal_ = journal;
  host_ = host;
  body_.clear();
  records_ = 0;
  if (packed_.size() > kKeptMemory) {
    packed_ = {};
  }
}

void BatchWriter::add(const BatchRecord& record) {
  RESPAND_CHECK(record.attributes.size() <= UINT16_MAX && records_ < kMostBatchRecords);
  put_number(body_, record.sequence.value);
  put_number(body_, std::int64_t{record.received.time_since_epoch().count()});
  put_number(body_, static_cast<std::uint8_t>(record.kind));
  put_number(body_, static_cast<std::uint8_t>(record.route));
  put_number(body_, static_cast<std::uint16_t>(record.attributes.size()));
  put_number(body_, static_cast<std::uint32_t>(record.payload.size()));
  body_ += record.attributes;
  body_ += record.payload;
  ++records_;
}

std::string_view BatchWriter::pack() {
  const std::size_t most = ZSTD_compressBound(body_.size());
  if (packed_.size() < most) {
    packed_.resize(most);
  }
  compressor_ = compressor_ ? std::move(compressor_) : std::make_unique<Compressor>();
  const std::size_t size =
      ZSTD_compressCCtx(compressor_->context.get(), packed_.data(), packed_.size(), body_.data(), body_.size(), kLevel);
  return ZSTD_isError(size) != 0U || size >= body_.size() ? std::string_view() : std::string_view(packed_.data(), size);
}

std::string BatchWriter::finish(bool compress) {
  RESPAND_CHECK(records_ > 0 && body_.size() <= kMostBody);
  const std::string_view packed = compress ? pack() : std::string_view();
  const std::string_view stored = packed.empty() ? body_ : packed;
  std::string message;
  message.reserve(BatchHead::kSize + host_.size() + stored.size() + BatchHead::kChecksum);
  message += BatchHead::kMagic;
  put_number(message, kBatchVersion);
  put_number(message, packed.empty() ? std::uint8_t{0} : BatchHead::kZstd);
  put_number(message, static_cast<std::uint16_t>(host_.size()));
  put_number(message, records_);
  put_number(message, journal_);
  put_number(message, static_cast<std::uint32_t>(body_.size()));
  put_number(message, static_cast<std::uint32_t>(stored.size()));
  message += host_;
  message += stored;
  put_checksum(message);
  return message;
}

Result<BatchMessage> read_batch(std::string_view message, std::size_t most_body) {
  if (!message.starts_with(BatchHead::kMagic) || message.size() < BatchHead::kSize + BatchHead::kChecksum) {
    return damaged("it does not begin like one, or is cut off");
  }
  if (const auto version = number_at<std::uint8_t>(message, 8); version != kBatchVersion) {
    return error(ErrorCode::kUnsupported,
                 cat("a batch of format version ", version, "; this relay reads ", kBatchVersion, ": update it first"));
  }
  if (!checksum_fits(message)) {
    return damaged("its checksum is wrong");
  }
  const std::string_view signed_part = message.substr(0, message.size() - BatchHead::kChecksum);
  const auto flags = number_at<std::uint8_t>(message, 9);
  const std::size_t host = number_at<std::uint16_t>(message, 10);
  const auto count = number_at<std::uint32_t>(message, 12);
  const std::size_t body = number_at<std::uint32_t>(message, 24);
  const std::size_t stored = number_at<std::uint32_t>(message, 28);
  if ((flags & ~BatchHead::kZstd) != 0) {
    return error(ErrorCode::kUnsupported, "a batch with flags that this relay does not know: update it first");
  }
  if (host > kLongestHost || BatchHead::kSize + host + stored != signed_part.size()) {
    return damaged("its lengths do not fit each other");
  }
  if (count == 0 || count > kMostBatchRecords || body < count * BatchRecord::kHead) {
    return damaged("it says a wrong number of records");
  }
  if (body > most_body) {
    return error(ErrorCode::kNoSpace,
                 cat("a batch of ", to_text(Bytes{body}), "; this relay takes ", to_text(Bytes{most_body})));
  }
  BatchMessage batch;
  batch.journal = number_at<std::uint64_t>(message, 16);
  batch.host = message.substr(BatchHead::kSize, host);
  batch.body.resize(body);
  if (Status unpacked =
          unpack(signed_part.substr(BatchHead::kSize + host), (flags & BatchHead::kZstd) != 0, batch.body);
      !unpacked) {
    return std::move(unpacked).error();
  }
  if (Status split_up = split(batch, count); !split_up) {
    return std::move(split_up).error();
  }
  return batch;
}

}  // namespace respand::fleet
