#include "respand/http1/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "tests/support/compress.h"

namespace respand::http1 {
namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;

// `window` as deflateInit2() takes it: 15 with zlib's header, -15 with none.
std::string deflated(std::string_view text, int window) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string noise(std::size_t size) {
  std::mt19937 random(3);
  std::string text;
  while (text.size() < size) {
    text.push_back(static_cast<char>(random()));
  }
  return text;
}

struct Packed {
  Packing packing;
  std::string bytes;
};
std::vector<Packed> all_of(const std::string& text) {
  return {{Packing::kGzip, respand::test::gzipped(text)},
          {Packing::kZstd, respand::test::zstandard(text)},
          {Packing::kDeflate, deflated(text, 15)},
          {Packing::kDeflate, deflated(text, -15)}};
}

TEST(Inflate, WhatWasPackedComesOut) {
  for (const std::string& text : {std::string("{}"), noise(100'000), std::string(kLimit, 'x'), noise(kLimit)}) {
    for (const Packed& packed : all_of(text)) {
      std::string out = "before";
      EXPECT_EQ(inflate_body(packed.packing, packed.bytes, kLimit, out), Inflated::kGood);
      EXPECT_TRUE(out == text) << static_cast<int>(packed.packing) << " " << text.size();
    }
  }
}

TEST(Inflate, OneByteOverTheLimitIsTooLarge) {
  for (const std::size_t size : {kLimit + 1, 20 * kLimit}) {
    for (const Packed& packed : all_of(std::string(size, 'x'))) {
      std::string out;
      EXPECT_EQ(inflate_body(packed.packing, packed.bytes, kLimit, out), Inflated::kTooLarge);
      EXPECT_EQ(out.capacity(), std::string().capacity()) << "nothing is kept";
    }
  }
}

TEST(Inflate, DamageIsFound) {
  const std::string text = noise(5000);
  for (const Packed& packed : all_of(text)) {
    std::string out;
    EXPECT_EQ(inflate_body(packed.packing, packed.bytes.substr(0, packed.bytes.size() / 2), kLimit, out),
              Inflated::kDamaged);
    EXPECT_EQ(inflate_body(packed.packing, "", kLimit, out), Inflated::kDamaged);
    EXPECT_EQ(inflate_body(packed.packing, packed.bytes + "tail", kLimit, out), Inflated::kDamaged);
  }
}

TEST(Inflate, SeveralMembersAreOneText) {
  std::string out;
  EXPECT_EQ(inflate_body(Packing::kGzip, respand::test::gzipped("ab") + respand::test::gzipped("cd"), kLimit, out),
            Inflated::kGood);
  EXPECT_EQ(out, "abcd");
  EXPECT_EQ(inflate_body(Packing::kZstd, respand::test::zstandard("ab") + respand::test::zstandard("cd"), kLimit, out),
            Inflated::kGood);
  EXPECT_EQ(out, "abcd");
}

TEST(Inflate, Names) {
  EXPECT_EQ(packing_of(""), Packing::kNone);
  EXPECT_EQ(packing_of("identity"), Packing::kNone);
  EXPECT_EQ(packing_of("GZip"), Packing::kGzip);
  EXPECT_EQ(packing_of("x-gzip"), Packing::kGzip);
  EXPECT_EQ(packing_of("deflate"), Packing::kDeflate);
  EXPECT_EQ(packing_of("zstd"), Packing::kZstd);
  EXPECT_EQ(packing_of("br"), std::nullopt);
  EXPECT_EQ(packing_of("gzip, gzip"), std::nullopt);
}

}  // namespace
}  // namespace respand::http1
