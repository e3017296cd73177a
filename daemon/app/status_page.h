#pragma once
// The status page of metrics.listen: a page for a browser with its script, styles and charts (page/), whose script asks
// for /status.json and /history.json; and /status, the same as plain text. io thread.

#include <cstdint>
#include <functional>
#include <string>

#include "app/page_server.h"

namespace respand::app {

// Functions that make what the page shows. Each is called on the loop, for each request.
struct StatusPage {
  std::function<std::string()> text;
  std::function<std::string()> json;
  std::function<std::string(std::uint64_t since)> history;
};
void add_status_page(PageServer::Pages& pages, StatusPage page);

}  // namespace respand::app
