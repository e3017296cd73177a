#pragma once
// KeyWatch: notices that a file with a key was changed or put in place, so that the new key counts without a restart.
// It looks every few seconds and does not use inotify: keys come through links that are switched, from network file
// systems and from secret stores, which inotify does not see. Used by Reloader; io thread.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "respand/base/units.h"

namespace respand::app {

class KeyWatch {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{2};

  // `changed` is called once for each look that finds any of the files changed.
  KeyWatch(boost::asio::io_context& loop, std::function<void()> changed) : timer_(loop), changed_(std::move(changed)) {}

  // Watches these files from now on, and no others.
  void watch(const std::vector<std::string>& files);
  void stop() { timer_.cancel(); }

 private:
  struct Stamp {
    std::string path;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  [[nodiscard]] static Stamp stamp_of(const std::string& path);
  void wait();

  boost::asio::steady_timer timer_;
  const std::function<void()> changed_;
  std::vector<Stamp> seen_;
};

}  // namespace respand::app
