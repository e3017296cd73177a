#pragma once
// Translates the configuration's values into the settings of the modules, which do not know the Config. Pure.

#include <string>

#include "app/inherited.h"
#include "delivery/delivery.h"
#include "journal/journal.h"
#include "ledger/ledger.h"
#include "respand/config/config.h"
#include "sockets/socket_intake.h"
#include "spool/spool.h"

namespace respand::app {

[[nodiscard]] journal::Settings journal_settings(const config::Config& config);
[[nodiscard]] std::shared_ptr<const record::Rules> record_rules(const config::Config& config);
[[nodiscard]] sockets::SocketIntake::Settings socket_settings(const config::Config& config, const Inherited& inherited);
[[nodiscard]] sockets::HttpRules http_rules(const config::Config& config);
[[nodiscard]] net::Access access(const config::Config& config);
[[nodiscard]] net::ConnectionLimits connection_limits(const config::Config& config);
[[nodiscard]] sockets::RateLimits rate_limits(const config::Config& config);
[[nodiscard]] spool::Spool::Settings spool_settings(const config::Config& config);
[[nodiscard]] ledger::Settings ledger_settings(const config::Config& config);
[[nodiscard]] delivery::Settings delivery_settings(const config::Config& config);
[[nodiscard]] http::Target target(const config::Config& config);

}  // namespace respand::app
