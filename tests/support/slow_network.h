#pragma once
// A network namespace of the test's own whose loopback has delay and loss, by netem. For the calling thread and the
// processes that it starts from then on.

#include <chrono>
#include <string>

namespace respand::test {

// Returns an empty text, or why it is not permitted here. `there_and_back` is the time of a round trip, `loss` the
// percentage of packets that are lost.
[[nodiscard]] std::string enter_slow_network(std::chrono::milliseconds there_and_back, int loss);

}  // namespace respand::test
