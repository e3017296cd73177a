#pragma once
// Messages to systemd (sd_notify's protocol); nothing is sent where respand does not run under it. A manager that does
// not read its socket delays a start or a stop by a moment and nothing else. Any thread.

#include <span>
#include <string_view>

#include "respand/base/units.h"

namespace respand::app {

// Whether there is a service manager to send to.
[[nodiscard]] bool service_manager_listens();

// The daemon is up, or a reload is done. `status` is one line.
void notify_ready(std::string_view status);
void notify_reloading();
// The daemon stops, and takes so long at most.
void notify_stopping(Duration most);
// One line that `systemctl status` shows.
void notify_status(std::string_view status);
// The start is still under way, and takes this much longer at most.
void notify_starting(std::string_view status, Duration more);
void notify_alive();

// How many descriptors one message can carry (the kernel's SCM_MAX_FD).
inline constexpr std::size_t kMostDescriptors = 253;
// Gives copies of descriptors to the manager, which hands them to the next process under this name. False: the message
// could not be sent. Requires: at most kMostDescriptors.
[[nodiscard]] bool store_descriptors(std::string_view name, std::span<const int> descriptors);
// The manager closes its copies of all that have this name.
void forget_descriptors(std::string_view name);

}  // namespace respand::app
