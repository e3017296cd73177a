#pragma once
// Reads of the API through respand (http.forward: reads). A client's request is passed on to the API at once, with the
// client's own key, and the API's answer is passed back. Nothing about a read is durable. io thread only.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace respand::sockets {

// The limit for a read's body, far above what a search takes. Reads that wait for the API are held in memory.
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

// Asks the API. Calls the second argument with the answer later, on the io thread: once, or never if the daemon stops.
using AskApi = std::function<void(ReadRequest, std::function<void(ReadAnswer)>)>;

// The path and query to ask the API for, such as "request-logs/list?page=2". None where the request is no read, or
// where the path would leave request-logs.
[[nodiscard]] std::optional<std::string_view> read_path(std::string_view method, std::string_view target);

}  // namespace respand::sockets
