// Addresses of a host, asked for without blocking.

#include "respand/base/lookup.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include <chrono>
#include <cstring>

#include "respand/base/poller.h"

namespace respand {
namespace {

constexpr std::chrono::milliseconds kAnswered{20'000};  // a net below a test that hangs

std::uint16_t port_of(const SocketAddress& address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (address.bytes.ss_family == AF_INET) {
    std::memcpy(&v4, &address.bytes, sizeof v4);
    return ntohs(v4.sin_port);
  }
  std::memcpy(&v6, &address.bytes, sizeof v6);
  return ntohs(v6.sin6_port);
}

TEST(LookupTest, AnAddressNeedsNoQuestion) {
  const auto v4 = Lookup::numeric("192.0.2.1", 443);
  ASSERT_TRUE(v4);
  ASSERT_EQ(v4->size(), 1U);
  EXPECT_EQ(port_of(v4->front()), 443);
  const auto v6 = Lookup::numeric("2001:db8::1", 8443);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->front().bytes.ss_family, AF_INET6);
  EXPECT_EQ(port_of(v6->front()), 8443);
  EXPECT_FALSE(Lookup::numeric("localhost", 443));
}

TEST(LookupTest, ANameIsAnsweredLater) {
  Lookup lookup("localhost", 443);
  Poller poller;
  poller.watch(lookup.fd(), EPOLLIN);
  ASSERT_EQ(poller.wait(kAnswered).size(), 1U);
  const auto found = lookup.take();
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found) << found->error().message;
  EXPECT_FALSE((*found)->empty());
  EXPECT_FALSE(lookup.take()) << "it was taken";
}

TEST(LookupTest, AnAddressIsItsOwnAnswer) {
  Lookup lookup("::1", 4222);
  const auto found = lookup.take();
  ASSERT_TRUE(found) << "at once";
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->front().bytes.ss_family, AF_INET6);
}

TEST(LookupTest, TellsAddressesFromNames) {
  for (const char* text : {"192.0.2.1", "::1", "2001:db8::1", "::ffff:192.0.2.1"}) {
    EXPECT_TRUE(is_ip_address(text)) << text;
  }
  for (const char* text : {"", "localhost", "192.0.2", "192.0.2.1.", "[::1]", "1e100.net", "192.0.2.256"}) {
    EXPECT_FALSE(is_ip_address(text)) << text;
  }
}

}  // namespace
}  // namespace respand
