#include "app/status_page.h"

#include <utility>

#include "app/page_files.h"
#include "app/query.h"
#include "respand/base/text.h"

namespace respand::app {

void add_status_page(PageServer::Pages& pages, StatusPage page) {
  for (const PageFile& file : kPageFiles) {
    pages[cat("GET ", file.path)] = [&file](const PageServer::Request&) {
      return Page{.type = std::string(file.type), .body = std::string(file.content)};
    };
  }
  pages["GET /status"] = [text = std::move(page.text)](const PageServer::Request&) { return Page{.body = text()}; };
  pages["GET /status.json"] = [json = std::move(page.json)](const PageServer::Request&) {
    return Page{.type = "application/json", .body = json()};
  };
  pages["GET /history.json"] = [history = std::move(page.history)](const PageServer::Request& asked) {
    return Page{.type = "application/json", .body = history(query_number(asked.query, "since").value_or(0))};
  };
}

}  // namespace respand::app
