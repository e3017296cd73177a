#include "delivery/notice.h"

#include <cmath>

namespace respand::delivery {

void write(const Notice& notice, std::string_view route) {
  if (notice.event == nullptr) {
    return;
  }
  const std::string_view name = route.empty() ? std::string_view("request-logs/create") : route;
  if (notice.pace > 0) {
    log::write(notice.level, notice.event,
               {{"requests_per_second", std::round(notice.pace * 10) / 10}, {"route", name}});
  } else if (notice.share > 0) {
    log::write(notice.level, notice.event,
               {{"share", std::round(notice.share * 1000) / 1000}, {"last_error", notice.why}, {"route", name}});
  } else if (notice.wait == Duration{0}) {
    log::write(notice.level, notice.event, {{"after", notice.why}, {"route", name}});
  } else {
    log::write(notice.level, notice.event,
               {{"why", notice.why},
                {"next_try_seconds", std::chrono::duration<double>(notice.wait).count()},
                {"route", name}});
  }
}

}  // namespace respand::delivery
