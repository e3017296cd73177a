#pragma once
// Headers in which applications tell the API something about a request (X-Respan-…, traceparent, OpenAI-Beta). They are
// kept with the request's body, and posted with it. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace respand::http1 {

// The most bytes that are kept of one request. Servers take far more, so none refuses a request of respand's for the
// headers of a client.
inline constexpr std::size_t kMostKeptHeaders = 2048;

// Appends the header to `kept`, as a whole line with its "\r\n", where it is one of those. A header whose name speaks
// of a secret is never kept, because secrets stay out of the journal; nor is one whose value is not one line of UTF-8.
void keep_header(std::string_view name, std::string_view value, std::string& kept);

}  // namespace respand::http1
