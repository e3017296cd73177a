#pragma once
// RoomQueue: the submitters that wait for room in the producer, in the order of asking. io thread only.

#include <deque>
#include <memory>
#include <utility>

namespace respand::sockets {

template <typename Submitter>
class RoomQueue {
 public:
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // Whether others come before it.
  [[nodiscard]] bool is_behind(const Submitter* client) const { return !waiting_.empty() && client != resuming_; }
  // The client waits, behind the others; a client that asks from its on_room() keeps its place at the front. True: it
  // is new here.
  bool add(Submitter& client) {
    if (&client == resuming_) {
      waits_again_ = true;
      return false;
    }
    waiting_.push_back(client.shared_from_this());
    return true;
  }
  // Calls on_room() of one after the other, until one of them still does not find the room that it needs.
  void resume() {
    while (!waiting_.empty() && resuming_ == nullptr) {
      const std::shared_ptr<Submitter> client = std::move(waiting_.front());
      waiting_.pop_front();
      resuming_ = client.get();
      waits_again_ = false;
      client->on_room();
      resuming_ = nullptr;
      if (waits_again_) {
        waiting_.push_front(client);
        return;
      }
    }
  }

 private:
  std::deque<std::shared_ptr<Submitter>> waiting_;
  const Submitter* resuming_ = nullptr;
  bool waits_again_ = false;
};

}  // namespace respand::sockets
