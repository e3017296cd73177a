#pragma once
// DaemonPages: what the daemon answers about itself over HTTP: the pages of metrics.listen (metrics, health, status
// page), which may be off, and the requests of the control socket (docs/openapi/control.yaml), which `respand status`
// and other commands make. io thread.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/dead_letter_api.h"
#include "app/descriptors.h"
#include "app/metrics_page.h"
#include "app/page_server.h"
#include "app/pipeline.h"
#include "app/samplers.h"
#include "app/status_source.h"
#include "respand/base/result.h"
#include "respand/config/config.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

class DaemonPages {
 public:
  // All are borrowed for its life. `reload` reloads the configuration and returns what is wrong with it, a line each;
  // an empty text where it is in force.
  DaemonPages(boost::asio::io_context& loop, metrics::Registry& registry, Pipeline& pipeline, StatusSource& status,
              const HistorySampler& history, std::function<std::string()> reload);

  // Opens the pages of metrics.listen, if that is set. An error where it can't be listened on.
  [[nodiscard]] Status open_public(const config::Config& config, const Descriptors& descriptors);
  // Opens the control socket. A failure is only logged: records are shipped without it, too.
  void open_control(const config::Config& config, const Descriptors& descriptors);
  // Whether the pages of metrics.listen are open.
  [[nodiscard]] bool has_public() const { return public_ != nullptr; }
  // Takes over http.hosts, which a reload may have changed.
  void reconfigure(const config::Config& config);
  // From now on readiness() says that the daemon stops.
  void say_stopping() { stopping_ = true; }
  // Closes both. Requires: open_control() was called.
  void stop();

  // What /readyz and /readyz/intake answer.
  [[nodiscard]] sockets::Readiness readiness(bool intake_only);

 private:
  [[nodiscard]] Page ready_page(bool intake_only);
  void add_ready_pages(PageServer::Pages& pages);
  void add_status_requests(PageServer::Pages& pages);
  void add_record_requests(PageServer::Pages& pages);
  void add_process_requests(PageServer::Pages& pages);
  [[nodiscard]] Page reload_for(const Caller& caller);
  [[nodiscard]] static Page set_log_level(const Caller& caller, std::string_view level);

  boost::asio::io_context& loop_;
  Pipeline& pipeline_;
  StatusSource& status_;
  const HistorySampler& history_;
  const std::function<std::string()> reload_;
  MetricsPage metrics_;
  bool stopping_ = false;
  std::unique_ptr<PageServer> public_;
  std::unique_ptr<PageServer> control_;
  std::unique_ptr<DeadLetterApi> letters_;
};

}  // namespace respand::app
