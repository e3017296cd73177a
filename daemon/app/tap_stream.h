#pragma once
// The tap as an answer of the control socket: the lines of a delivery::Watcher, for as long as the client reads. io
// thread.

#include <memory>

#include "app/page_server.h"
#include "delivery/tap.h"

namespace respand::app {

// GET /tap: `query` may hold model=, customer= and outcome=. `loop` and `tap` are borrowed, and outlive the page's
// stream.
[[nodiscard]] Page tap_page(boost::asio::io_context& loop, delivery::Tap& tap, std::string_view query);

}  // namespace respand::app
