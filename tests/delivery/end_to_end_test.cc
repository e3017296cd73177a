// Delivery with its threads and the real client, against a server that misbehaves in every way it knows.
#include <gtest/gtest.h>

#include <atomic>

#include "delivery/delivery.h"
#include "shared_outlet.h"
#include "tests/http/raw_server.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::delivery {
namespace {

Settings settings_for(const std::string& url) {
  http::start_library();
  Settings settings;
  settings.target.url = url;
  settings.target.bearer = "sk-very-secret";
  settings.target.max_connections = 8;
  settings.retry = {Duration{500}, std::chrono::milliseconds{5}, Duration{0}};
  settings.dead_letters = {"/dead", mebibytes(64)};
  return settings;
}

TEST(EndToEnd, EachRecordEndsOnceWhateverTheServerDoes) {
  std::atomic<unsigned> turn = 0;
  http::RawServer server([&](http::Peer& peer) {
    while (const auto request = peer.request()) {
      const bool poison = request->ends_with("7}");
      switch (turn++ % 9) {
        case 5:
          peer.send(http::reply(503, "busy"));
          break;
        case 6:
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
          return;
        case 7:
          peer.reset();
          return;
        case 8:
          return;
        default:
          peer.send(poison ? http::reply(400, "no sevens") : http::reply(200, "{}"));
          break;
      }
    }
  });
  SharedOutlet outlet;
  fs::FaultFileSystem disk;
  metrics::Registry registry;
  Delivery delivery(settings_for(server.url()), outlet, disk, registry, system_clock());
  delivery.start();
  outlet.publish(1000);
  outlet.wait_for(1000);
  delivery.stop();
  EXPECT_EQ(registry.counter("respand_records_delivered_total", "").value(), 900);
  EXPECT_EQ(registry.counter("respand_records_dead_lettered_total", "", {{"reason", "400"}}).value(), 100);
  EXPECT_EQ(delivery.state().retrying, 0U);
}

TEST(EndToEnd, AHangingServerDoesNotHoldUpAStop) {
  http::RawServer server([](http::Peer& peer) { peer.hang(); });
  SharedOutlet outlet;
  fs::FaultFileSystem disk;
  metrics::Registry registry;
  Settings settings = settings_for(server.url());
  settings.drain_timeout = std::chrono::milliseconds{1};
  Delivery delivery(settings, outlet, disk, registry, system_clock());
  delivery.start();
  outlet.publish(100);
  while (delivery.state().upstream.in_flight == 0) {
    std::this_thread::yield();
  }
  delivery.stop();
  EXPECT_EQ(outlet.acknowledged(), 0U);
}

}  // namespace
}  // namespace respand::delivery
