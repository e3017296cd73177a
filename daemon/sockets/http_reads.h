#pragma once
// Reads of the API through respand (http.forward: reads): what a client asks for is asked of the API, live, with the
// client's own key, and answered with its answer. Nothing about them is durable. io thread only.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace respand::sockets {

// Of a request's body; what is searched for takes less. Those that wait for the API are in memory.
inline constexpr std::size_t kMostReadBody = std::size_t{1} << 20;

struct ReadRequest {
  std::string method;
  std::string path;  // behind /api/, with its query
  std::string authorization;
  std::string content_type;
  std::string body;
};

struct ReadAnswer {
  unsigned status = 0;
  std::string content_type{};
  std::string body{};
};

// Calls the second one later, on the io thread; once, or never where the daemon stops.
using AskApi = std::function<void(ReadRequest, std::function<void(ReadAnswer)>)>;

// What of a target is asked of the API: "request-logs/list?page=2". Nothing where that is no read, or would not stay
// below request-logs.
[[nodiscard]] std::optional<std::string_view> read_path(std::string_view method, std::string_view target);

}  // namespace respand::sockets
