#include "app/service_manager.h"

#include <systemd/sd-daemon.h>

#include <string>

#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

void notify(const std::string& message) { ::sd_notify(0, message.c_str()); }

}  // namespace

void notify_ready(std::string_view status) { notify(cat("READY=1\nSTATUS=", status)); }

void notify_reloading() {
  notify(cat("RELOADING=1\nMONOTONIC_USEC=", system_clock().mono().time_since_epoch().count()));
}

void notify_stopping() { notify("STOPPING=1\nSTATUS=stopping"); }

void notify_status(std::string_view status) { notify(cat("STATUS=", status)); }

}  // namespace respand::app
