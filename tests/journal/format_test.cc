// The disk format in golden bytes: the worked example of daemon/journal/FORMAT.md. A failure here means that journals
// of earlier versions can't be read any more.

#include "journal/format.h"

#include <gtest/gtest.h>

#include "journal/end_mark.h"
#include "tests/journal/bench_of_records.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::journal {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Format, SegmentHeaderGoldenBytes) {
  std::array<std::byte, SegmentHeader::kSize> bytes{};
  encode(SegmentHeader{.journal = 0x1122334455667788,
                       .id = SegmentId{3},
                       .first = Sequence{257},
                       .created = WallTime{Duration{1'790'000'000'000'000}},
                       .appended = 65536},
         bytes);
  EXPECT_EQ(hex(as_text(bytes)),
            "5253504e44534547"  // magic "RSPNDSEG"
            "01000000"          // format version
            "40000000"          // header size
            "8877665544332211"  // journal
            "0300000000000000"  // segment id
            "0101000000000000"  // first sequence
            "00e025dafe5b0600"  // created, microseconds
            "0000010000000000"  // bytes appended before
            "6411fd8a673c7648");
  SegmentHeader back;
  ASSERT_EQ(decode(bytes, back), HeaderState::kGood);
  EXPECT_EQ(back.id, SegmentId{3});
  EXPECT_EQ(back.first, Sequence{257});
  EXPECT_EQ(back.appended, 65536U);
}

TEST(Format, RecordGoldenBytes) {
  Recorder producer;
  Batch batch(producer, 256);
  const std::string_view payload = R"({"a":1})";
  payload.copy(
      batch.begin(Kind::kCompletion, WallTime{Duration{1'790'000'000'000'000}}, {"\x01\x01\x00x", 4}, payload.size()),
      payload.size());
  batch.end(payload.size());
  seal(batch.encoded().data(), 0xAABBCCDD, Sequence{257});
  EXPECT_EQ(hex(as_text(batch.encoded())),
            "f7448af02e6a0428"  // XXH3-64 of all that follows but the padding
            "ddccbbaa"          // stamp
            "0b000000"          // length of attributes and payload
            "0101000000000000"  // sequence
            "00e025dafe5b0600"  // received, microseconds
            "01"                // kind
            "00"                // flags
            "0400"              // length of attributes
            "00000000"          // reserved
            "01010078"          // attribute: tag 1, length 1, "x"
            "7b2261223a317d"    // payload {"a":1}
            "0000000000");      // padding to 8 bytes
  EXPECT_TRUE(intact(batch.encoded().data()));
}

TEST(Format, RoutedRecordGoldenBytes) {
  Recorder producer;
  Batch batch(producer, 256);
  const std::string_view payload("\x0a\x00", 2);
  payload.copy(batch.begin(Kind::kRequest, WallTime{Duration{1'790'000'000'000'000}},
                           {"\x04\x01\x00p\x05\x03\x00k=v", 10}, payload.size(), Deliver::kYes, ApiRoute::kOtlp),
               payload.size());
  batch.end(payload.size());
  seal(batch.encoded().data(), 0xAABBCCDD, Sequence{258});
  EXPECT_EQ(hex(as_text(batch.encoded())),
            "8d294117bf4bdc68"  // XXH3-64 of all that follows but the padding
            "ddccbbaa"          // stamp
            "0c000000"          // length of attributes and payload
            "0201000000000000"  // sequence
            "00e025dafe5b0600"  // received, microseconds
            "03"                // kind: a request as it came
            "00"                // flags
            "0a00"              // length of attributes
            "05"                // route: v2/traces
            "000000"            // reserved
            "04010070"          // attribute: tag 4 (content type), length 1, "p"
            "0503006b3d76"      // attribute: tag 5 (query), length 3, "k=v"
            "0a00"              // payload
            "00000000");        // padding to 8 bytes
  const RecordHeader back = decode_record(batch.encoded().data());
  EXPECT_EQ(back.route, ApiRoute::kOtlp);
  EXPECT_TRUE(known(back) && is_routed(back));
}

// What goes out under a key of api.keys names it, in the journal and nowhere else.
TEST(Format, KeyedRecordGoldenBytes) {
  Recorder producer;
  Batch batch(producer, 256);
  const std::string_view payload = R"({"a":1})";
  payload.copy(
      batch.begin(Kind::kKeyed, WallTime{Duration{1'790'000'000'000'000}}, {"\x06\x04\x00prod", 7}, payload.size()),
      payload.size());
  batch.end(payload.size());
  EXPECT_EQ(batch.routed(), 1U);
  seal(batch.encoded().data(), 0xAABBCCDD, Sequence{259});
  EXPECT_EQ(hex(as_text(batch.encoded())),
            "0ca717c8331be7b4"  // XXH3-64 of all that follows but the padding
            "ddccbbaa"          // stamp
            "0e000000"          // length of attributes and payload
            "0301000000000000"  // sequence
            "00e025dafe5b0600"  // received, microseconds
            "04"                // kind: a record under a key of its own
            "00"                // flags
            "0700"              // length of attributes
            "00"                // route
            "01"                // an attribute names the key
            "0000"              // reserved
            "06040070726f64"    // attribute: tag 6 (key), length 4, "prod"
            "7b2261223a317d"    // payload {"a":1}
            "0000");            // padding to 8 bytes
  const RecordHeader back = decode_record(batch.encoded().data());
  EXPECT_TRUE(known(back) && is_routed(back));
}

TEST(Format, KindsAndTheirRoutes) {
  const auto is_known = [](Kind kind, ApiRoute route) {
    return known(RecordHeader{.kind = static_cast<std::uint8_t>(kind), .route = route});
  };
  EXPECT_TRUE(is_known(Kind::kCompletion, ApiRoute::kRecords));
  EXPECT_TRUE(is_known(Kind::kSpan, ApiRoute::kSpansOpenAi));
  EXPECT_TRUE(is_known(Kind::kRequest, ApiRoute::kOtlpV1));
  EXPECT_FALSE(is_known(Kind::kCompletion, ApiRoute::kSpans));
  EXPECT_FALSE(is_known(Kind::kSpan, ApiRoute::kOtlp));
  EXPECT_FALSE(is_known(Kind::kRequest, ApiRoute::kSpans));
  EXPECT_FALSE(is_known(Kind::kSpan, ApiRoute::kRecords));
  EXPECT_FALSE(is_known(Kind::kSpan, ApiRoute{77}));
  EXPECT_FALSE(is_known(Kind{77}, ApiRoute::kRecords));
  const auto is_known_keyed = [](Kind kind, ApiRoute route, std::uint8_t keyed) {
    return known(RecordHeader{.kind = static_cast<std::uint8_t>(kind), .route = route, .keyed = keyed});
  };
  EXPECT_TRUE(is_known_keyed(Kind::kKeyed, ApiRoute::kRecords, 1));
  EXPECT_TRUE(is_known_keyed(Kind::kSpan, ApiRoute::kSpans, 1));
  EXPECT_FALSE(is_known_keyed(Kind::kCompletion, ApiRoute::kRecords, 1));
  EXPECT_FALSE(is_known_keyed(Kind::kKeyed, ApiRoute::kRecords, 0));
  EXPECT_FALSE(is_known_keyed(Kind::kRequest, ApiRoute::kOtlp, 2)) << "of a later version";
}

TEST(Format, WhatIsLeftOfAnAcknowledgedRecordGoldenBytes) {
  std::array<std::byte, 48> bytes{};
  encode(RecordHeader{.length = 4,
                      .received = WallTime{Duration{1'790'000'000'000'000}},
                      .kind = 1,
                      .flags = kGapAcked | kPayloadGone,
                      .attributes = 4},
         bytes.data());
  std::memcpy(bytes.data() + RecordHeader::kSize, "\x01\x01\x00x", 4);
  seal(bytes.data(), 0xAABBCCDD, Sequence{300});
  EXPECT_EQ(hex(as_text(bytes)),
            "ee5c2f1640fde05c"  // XXH3-64 of all that follows but the padding
            "ddccbbaa"          // stamp
            "04000000"          // length: of attributes alone
            "2c01000000000000"  // sequence
            "00e025dafe5b0600"  // received, microseconds
            "01"                // kind
            "06"                // flags: those before it were acknowledged, and its payload is gone
            "0400"              // length of attributes
            "00000000"          // reserved
            "01010078"          // attribute: tag 1, length 1, "x"
            "00000000");        // padding
  EXPECT_TRUE(intact(bytes.data()));
}

TEST(Format, EndMarkGoldenBytes) {
  std::array<std::byte, EndMark::kSize> bytes{};
  encode(EndMark{.journal = 0x1122334455667788,
                 .segment = SegmentId{3},
                 .offset = 64,
                 .sequence = Sequence{257},
                 .appended = 65547,
                 .clean = true},
         bytes);
  EXPECT_EQ(hex(as_text(bytes)).substr(16),
            "5253504e44454e44"    // magic "RSPNDEND"
            "01000000"            // format version
            "01000000"            // flags: stopped
            "8877665544332211"    // journal
            "0300000000000000"    // segment id
            "4000000000000000"    // offset
            "0101000000000000"    // sequence
            "0b00010000000000");  // bytes appended up to here
  EXPECT_EQ(hex(as_text(bytes)).substr(0, 16), "e1c695f8668da77d");
  EndMark back;
  ASSERT_EQ(decode(bytes, back), HeaderState::kGood);
  EXPECT_EQ(back.sequence, Sequence{257});
  EXPECT_TRUE(back.clean);
  store(bytes.data() + 16, kFormatVersion + 1);
  EXPECT_EQ(decode(bytes, back), HeaderState::kBad) << "without its checksum";
  store(bytes.data(), checksum(ConstBytes(bytes).subspan(8)));
  EXPECT_EQ(decode(bytes, back), HeaderState::kNewer);
}

TEST(Format, ARecordThatIsNotForDeliveryGoldenBytes) {
  Recorder producer;
  Batch batch(producer, 256);
  const std::string_view payload = "{}";
  payload.copy(batch.begin(Kind::kCompletion, WallTime{Duration{1'790'000'000'000'000}}, {"\x03\x01\x00\x01", 4},
                           payload.size(), Deliver::kNo),
               payload.size());
  batch.end(payload.size());
  seal(batch.encoded().data(), 0xAABBCCDD, Sequence{257});
  EXPECT_EQ(hex(as_text(batch.encoded())).substr(16),
            "ddccbbaa"          // stamp
            "06000000"          // length of attributes and payload
            "0101000000000000"  // sequence
            "00e025dafe5b0600"  // received, microseconds
            "01"                // kind
            "01"                // flags: not for delivery
            "0400"              // length of attributes
            "00000000"          // reserved
            "03010001"          // attribute: tag 3, length 1, 1
            "7b7d"              // payload {}
            "0000");            // padding to 8 bytes
  EXPECT_EQ(decode_record(batch.encoded().data()).flags, kNotForDelivery);
}

TEST(Format, EveryFlippedBitOfARecordIsSeen) {
  Recorder producer;
  Batch batch(producer, 256);
  const std::string_view payload = R"({"a":1})";
  payload.copy(batch.begin(Kind::kCompletion, WallTime{}, {}, payload.size()), payload.size());
  batch.end(payload.size());
  std::byte* const record = batch.encoded().data();
  seal(record, 1, Sequence{1});
  for (std::size_t bit = 0; bit < 8 * (RecordHeader::kSize + payload.size()); ++bit) {
    if (bit / 8 >= 12 && bit / 8 < 16) {
      continue;  // A wrong length would read past the record; readers bound it before they ask.
    }
    record[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(intact(record)) << bit;
    record[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

TEST(Format, DamagedOrNewerHeaders) {
  std::array<std::byte, SegmentHeader::kSize> bytes{};
  SegmentHeader header{.journal = 1, .id = SegmentId{1}, .first = Sequence{1}};
  encode(header, bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_EQ(decode(bytes, header), HeaderState::kBad) << bit;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  header.version = kFormatVersion + 1;
  encode(header, bytes);
  EXPECT_EQ(decode(bytes, header), HeaderState::kNewer);
}

TEST(Format, StampsDifferBySegmentAndAreNeverZero) {
  EXPECT_NE(stamp_of(1, SegmentId{1}), stamp_of(1, SegmentId{2}));
  EXPECT_NE(stamp_of(1, SegmentId{1}), stamp_of(2, SegmentId{1}));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_NE(stamp_of(i, SegmentId{i}), 0U);
  }
}

TEST(Format, Names) {
  const std::string name = segment_name({SegmentId{0xABC}, Sequence{17}});
  EXPECT_EQ(name, "seg-0000000000000abc-0000000000000011");
  const auto back = parse_segment_name(name);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, SegmentId{0xABC});
  EXPECT_EQ(back->first, Sequence{17});
  for (const std::string_view bad :
       {"", "cursor", "seg-", "seg-0000000000000abc-000000000000001", "seg-0000000000000abc-00000000000000111",
        "seg-0000000000000ABC-0000000000000011", "seg-0000000000000abc+0000000000000011",
        "seg-000000000000 abc-0000000000000011", "seg-+000000000000abc-0000000000000011"}) {
    EXPECT_FALSE(parse_segment_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace respand::journal
