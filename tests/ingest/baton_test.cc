// What connections hand to the next process: written and read again, cut and altered anywhere.

#include "ingest/baton.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "ingest/handover.h"
#include "respand/base/random.h"

namespace respand::ingest {
namespace {

Baton full() {
  return {.cookie = 0x1122334455667788,
          .tcp = false,
          .speaks = Speaks::kLines,
          .acks = true,
          .first_line = false,
          .discarding = false,
          .lines = 900,
          .told = 17,
          .refused = {{20, 25}, {30, 30}, {31, 900}},
          .output = "{\"durable\":17}\n",
          .input = std::string("{\"a\":\0", 6)};
}

std::string bytes_of(const Baton& baton) {
  std::string bytes;
  put(bytes, baton);
  return bytes;
}

TEST(Baton, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_baton(bytes_of(full())), full());
  EXPECT_EQ(parse_baton(bytes_of(Baton{})), Baton{});
  const Baton http{.cookie = 1, .tcp = true, .speaks = Speaks::kHttp, .input = "POST "};
  EXPECT_EQ(parse_baton(bytes_of(http)), http);
  Baton large = full();
  large.output.assign(kMostOutput, 'x');
  EXPECT_EQ(parse_baton(bytes_of(large)), large);
}

TEST(Baton, WhatCanNotBeIsNotBelieved) {
  const auto believed = [](const std::function<void(Baton&)>& change) {
    Baton baton = full();
    change(baton);
    return parse_baton(bytes_of(baton)).has_value();
  };
  EXPECT_TRUE(believed([](Baton&) {}));
  EXPECT_FALSE(believed([](Baton& b) { b.told = 901; })) << "told of lines that were not begun";
  EXPECT_FALSE(believed([](Baton& b) { b.refused.back().last = 901; }));
  EXPECT_FALSE(believed([](Baton& b) { b.refused[1] = {31, 30}; }));
  EXPECT_FALSE(believed([](Baton& b) { b.refused[1] = {25, 30}; })) << "runs overlap";
  EXPECT_FALSE(believed([](Baton& b) { b.refused[0] = {0, 1}; })) << "lines are counted from 1";
  EXPECT_FALSE(believed([](Baton& b) { b.tcp = true; })) << "TCP speaks HTTP only";
  EXPECT_FALSE(believed([](Baton& b) { b.speaks = Speaks::kNothing; })) << "input without a protocol";
  EXPECT_FALSE(believed([](Baton& b) { b.output.assign(kMostOutput + 1, 'x'); }));
}

TEST(Baton, CutOrAlteredAnywhereItIsReadAsSomethingSoundOrNotAtAll) {
  const std::string bytes = bytes_of(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (const auto baton = parse_baton(bytes.substr(0, size))) {
      EXPECT_GE(size, bytes.size() - full().input.size()) << "only input may be missing";
    }
  }
  SeededRandom random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string altered = bytes;
    for (std::uint64_t i = random.below(4) + 1; i > 0; --i) {
      altered[random.below(altered.size())] = static_cast<char>(random.below(256));
    }
    if (const auto baton = parse_baton(altered)) {
      EXPECT_LE(baton->told, baton->lines);
      EXPECT_EQ(bytes_of(*baton), altered) << "one form for each value";
    }
  }
}

TEST(Handover, EachSocketFindsItsOwn) {
  Handover handover;
  std::array<std::array<int, 2>, 3> pairs{};
  std::vector<std::uint64_t> cookies;
  std::vector<UniqueFd> copies;
  for (auto& pair : pairs) {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    UniqueFd socket(pair[0]);
    copies.emplace_back(::dup(socket.get()));
    const auto cookie = cookie_of(socket.get());
    ASSERT_TRUE(cookie);
    cookies.push_back(*cookie);
    ASSERT_TRUE(handover.put({.cookie = *cookie, .speaks = Speaks::kLines, .input = std::to_string(*cookie)}, socket));
    EXPECT_FALSE(socket);
  }
  auto description = handover.describe();
  ASSERT_TRUE(description);
  EXPECT_LT(::write(description->get(), "x", 1), 0) << "sealed";
  std::swap(copies[0], copies[2]);
  copies.erase(copies.begin() + 1);
  copies.emplace_back(::dup(copies[0].get()));  // twice the same
  std::array<int, 2> stranger{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stranger.data()), 0);
  copies.emplace_back(stranger[0]);
  const Return returned = take_out(std::move(*description), std::move(copies));
  ASSERT_EQ(returned.connections.size(), 2U);
  EXPECT_EQ(returned.connections[0].baton.input, std::to_string(cookies[0]));
  EXPECT_EQ(cookie_of(returned.connections[0].socket.get()), cookies[0]);
  EXPECT_EQ(cookie_of(returned.connections[1].socket.get()), cookies[2]);
  EXPECT_EQ(returned.closed, 2U);
  EXPECT_FALSE(returned.problem.empty());
  for (const int end : {pairs[0][1], pairs[1][1], pairs[2][1], stranger[1]}) {
    ::close(end);
  }
}

}  // namespace
}  // namespace respand::ingest
