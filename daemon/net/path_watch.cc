#include "respand/net/path_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "respand/base/path.h"

namespace respand::net {
namespace {

// How often putting a file back is tried again, for instance while its folder is gone or another file is in its place.
constexpr Duration kRetry = std::chrono::seconds{1};
// How often the files are looked at without inotify (fs.inotify.max_user_instances is used up).
constexpr Duration kLook = std::chrono::seconds{5};
constexpr std::uint32_t kChanges =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

PathWatch::PathWatch(Loop& loop) : loop_(loop), again_(loop, [this] { look(); }) {}

PathWatch::~PathWatch() = default;

void PathWatch::add(std::string path, std::function<bool()> in_place, PutBack put_back) {
  if (events_ == nullptr) {
    UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (fd) {
      events_ = std::make_unique<FdWatcher>(loop_, std::move(fd), [this] { on_events(); });
      if (events_->ok()) {
        events_->when_readable();
      } else {
        events_.reset();
      }
    }
  }
  files_.push_back({std::move(path), std::move(in_place), std::move(put_back)});
  watch_folders();
  again_.set(Duration{0});  // The file may have gone between its making and the watch.
}

// Adding a folder that is watched already changes nothing; a folder that was removed and made anew needs a new watch.
void PathWatch::watch_folders() {
  for (const File& file : files_) {
    if (events_ != nullptr) {
      static_cast<void>(::inotify_add_watch(events_->fd(), folder_of(file.path).c_str(), kChanges));
    }
  }
}

// The events' contents are not read: looking at each file is cheap.
void PathWatch::on_events() {
  alignas(inotify_event) std::array<char, 4096> events;
  while (::read(events_->fd(), events.data(), events.size()) > 0) {
  }
  events_->when_readable();
  look();
}

void PathWatch::look() {
  bool changed = false;
  bool missing = false;
  for (const File& file : files_) {
    if (!file.in_place()) {
      changed = true;
      const bool back = file.put_back();
      missing = missing || !back;
    }
  }
  if (changed) {
    watch_folders();
  }
  if (missing) {
    again_.set(kRetry);
  } else if (events_ == nullptr) {
    again_.set(kLook);
  }
}

}  // namespace respand::net
