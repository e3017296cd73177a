#pragma once
// What applications say to the API about a request in headers (X-Respan-…, traceparent, OpenAI-Beta): kept with what
// the request brings, and posted with it. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace respand::http1 {

// Of one request. Far below what servers take, so that no API refuses a request of ours for what a client added.
inline constexpr std::size_t kMostKeptHeaders = 2048;

// Appends the header to `kept`, as a whole line with its "\r\n", where it is one of those. None is whose name speaks of
// a secret, for secrets stay out of the journal; and none whose value is no text of one line in UTF-8.
void keep_header(std::string_view name, std::string_view value, std::string& kept);

}  // namespace respand::http1
