// What connections hand to the next process: it is written and read again, and cut and altered anywhere.

#include "sockets/connection_state.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "respand/base/random.h"
#include "sockets/connection_handoff.h"

namespace respand::sockets {
namespace {

ConnectionState full() {
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

std::string bytes_of(const ConnectionState& connection_state) {
  std::string bytes;
  put(bytes, connection_state);
  return bytes;
}

TEST(ConnectionState, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_connection_state(bytes_of(full())), full());
  EXPECT_EQ(parse_connection_state(bytes_of(ConnectionState{})), ConnectionState{});
  const ConnectionState http{.cookie = 1, .tcp = true, .speaks = Speaks::kHttp, .input = "POST "};
  EXPECT_EQ(parse_connection_state(bytes_of(http)), http);
  ConnectionState large = full();
  large.output.assign(kMostOutput, 'x');
  EXPECT_EQ(parse_connection_state(bytes_of(large)), large);
}

TEST(ConnectionState, WhatCanNotBeIsNotBelieved) {
  const auto believed = [](const std::function<void(ConnectionState&)>& change) {
    ConnectionState connection_state = full();
    change(connection_state);
    return parse_connection_state(bytes_of(connection_state)).has_value();
  };
  EXPECT_TRUE(believed([](ConnectionState&) {}));
  EXPECT_FALSE(believed([](ConnectionState& b) { b.told = 901; })) << "told of lines that were not begun";
  EXPECT_FALSE(believed([](ConnectionState& b) { b.refused.back().last = 901; }));
  EXPECT_FALSE(believed([](ConnectionState& b) { b.refused[1] = {31, 30}; }));
  EXPECT_FALSE(believed([](ConnectionState& b) { b.refused[1] = {25, 30}; })) << "runs overlap";
  EXPECT_FALSE(believed([](ConnectionState& b) { b.refused[0] = {0, 1}; })) << "lines are counted from 1";
  EXPECT_FALSE(believed([](ConnectionState& b) { b.tcp = true; })) << "TCP speaks HTTP only";
  EXPECT_FALSE(believed([](ConnectionState& b) { b.speaks = Speaks::kNothing; })) << "input without a protocol";
  EXPECT_FALSE(believed([](ConnectionState& b) { b.output.assign(kMostOutput + 1, 'x'); }));
}

TEST(ConnectionState, CutOrAlteredAnywhereItIsReadAsSomethingSoundOrNotAtAll) {
  const std::string bytes = bytes_of(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (const auto connection_state = parse_connection_state(bytes.substr(0, size))) {
      EXPECT_GE(size, bytes.size() - full().input.size()) << "only input may be missing";
    }
  }
  SeededRandom random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string altered = bytes;
    for (std::uint64_t i = random.below(4) + 1; i > 0; --i) {
      altered[random.below(altered.size())] = static_cast<char>(random.below(256));
    }
    if (const auto connection_state = parse_connection_state(altered)) {
      EXPECT_LE(connection_state->told, connection_state->lines);
      EXPECT_EQ(bytes_of(*connection_state), altered) << "one form for each value";
    }
  }
}

TEST(ConnectionHandoff, EachSocketFindsItsOwn) {
  ConnectionHandoff handoff;
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
    ASSERT_TRUE(handoff.put({.cookie = *cookie, .speaks = Speaks::kLines, .input = std::to_string(*cookie)}, socket));
    EXPECT_FALSE(socket);
  }
  auto description = handoff.describe();
  ASSERT_TRUE(description);
  EXPECT_LT(::write(description->get(), "x", 1), 0) << "sealed";
  std::swap(copies[0], copies[2]);
  copies.erase(copies.begin() + 1);
  copies.emplace_back(::dup(copies[0].get()));  // twice the same
  std::array<int, 2> stranger{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stranger.data()), 0);
  copies.emplace_back(stranger[0]);
  const Return restored = restore(std::move(*description), std::move(copies));
  ASSERT_EQ(restored.connections.size(), 2U);
  EXPECT_EQ(restored.connections[0].connection_state.input, std::to_string(cookies[0]));
  EXPECT_EQ(cookie_of(restored.connections[0].socket.get()), cookies[0]);
  EXPECT_EQ(cookie_of(restored.connections[1].socket.get()), cookies[2]);
  EXPECT_EQ(restored.closed, 2U);
  EXPECT_FALSE(restored.problem.empty());
  for (const int end : {pairs[0][1], pairs[1][1], pairs[2][1], stranger[1]}) {
    ::close(end);
  }
}

}  // namespace
}  // namespace respand::sockets
