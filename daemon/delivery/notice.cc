#include "delivery/notice.h"

#include <cmath>

namespace respand::delivery {

void write(const Notice& notice) {
  if (notice.event == nullptr) {
    return;
  }
  if (notice.pace > 0) {
    log::write(notice.level, notice.event, {{"requests_per_second", std::round(notice.pace * 10) / 10}});
  } else if (notice.share > 0) {
    log::write(notice.level, notice.event,
               {{"share", std::round(notice.share * 1000) / 1000}, {"last_error", notice.why}});
  } else if (notice.wait == Duration{0}) {
    log::write(notice.level, notice.event, {{"after", notice.why}});
  } else {
    log::write(notice.level, notice.event,
               {{"why", notice.why}, {"next_try_seconds", std::chrono::duration<double>(notice.wait).count()}});
  }
}

}  // namespace respand::delivery
