#pragma once
// What respand tells systemd (sd_notify, through libsystemd); nothing where it does not run under it. Main thread.

#include <string_view>

namespace respand::app {

void notify_ready(std::string_view status);
void notify_reloading();
void notify_stopping();
// One line that `systemctl status` shows.
void notify_status(std::string_view status);

}  // namespace respand::app
