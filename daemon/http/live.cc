#include "respand/http/live.h"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <string_view>

#include "http/easy_handle.h"
#include "http/header_text.h"
#include "http/route.h"
#include "respand/base/text.h"
#include "respand/base/trim.h"

namespace respand::http {
namespace {

struct Incoming {
  LiveAnswer answer;
  std::size_t most = 0;
  bool too_large = false;
};

std::size_t take_live_header(char* data, std::size_t size, std::size_t count, void* to) {
  constexpr std::string_view kType = "content-type:";
  const std::string_view line(data, size * count);
  if (starts_with(line, kType)) {
    static_cast<Incoming*>(to)->answer.content_type = printable(trimmed(line.substr(kType.size())), 100);
  }
  return line.size();
}

std::size_t take_live_body(char* data, std::size_t size, std::size_t count, void* to) {
  Incoming& in = *static_cast<Incoming*>(to);
  in.too_large = in.answer.body.size() + size * count > in.most;
  if (in.too_large) {
    return 0;
  }
  in.answer.body.append(data, size * count);
  return size * count;
}

// libcurl asks this about once a second, and ends the transfer where the answer is not 0.
int go_on(void* given_up, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(given_up)->load(std::memory_order_relaxed) ? 1 : 0;
}

}  // namespace

LiveAnswer ask(Target target, const LiveRequest& request, std::size_t most, Duration patience,
               const std::atomic<bool>& given_up) {
  target.bearer.clear();
  target.keys.clear();
  target.compress = false;
  target.url = target.routes_url + request.path;
  target.connect_timeout = std::min(target.connect_timeout, patience);
  const Route route(std::move(target));
  const EasyHandle easy(::curl_easy_init());
  Route::Headers headers;
  const bool complete =
      Route::add(headers, "Expect:") &&
      // An empty value keeps libcurl from sending its own type, that of a form.
      Route::add(headers, cat("Content-Type:", request.content_type.empty() ? "" : " ", request.content_type)) &&
      (request.authorization.empty() || Route::add(headers, cat("Authorization: ", request.authorization)));
  if (!easy || !complete || !route.configure(easy.get())) {
    return {.failure = "libcurl can't be set up"};
  }
  Incoming in{.answer = {}, .most = most};
  std::array<char, CURL_ERROR_SIZE> words{};
  const auto set = [&](CURLoption option, auto value) { ::curl_easy_setopt(easy.get(), option, value); };
  set(CURLOPT_ERRORBUFFER, words.data());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_HEADERFUNCTION, take_live_header);
  set(CURLOPT_HEADERDATA, &in);
  set(CURLOPT_WRITEFUNCTION, take_live_body);
  set(CURLOPT_WRITEDATA, &in);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, go_on);
  set(CURLOPT_XFERINFODATA, &given_up);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(patience).count()));
  set(CURLOPT_POSTFIELDS, request.body.data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  if (request.method == "GET" && request.body.empty()) {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const CURLcode code = ::curl_easy_perform(easy.get());
  if (code != CURLE_OK) {
    std::string why = in.too_large ? cat("its answer is over ", to_text(Bytes{most}))
                                   : std::string(words[0] != '\0' ? words.data() : ::curl_easy_strerror(code));
    return {.failure = printable(why, 200)};
  }
  long status = 0;
  ::curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  in.answer.status = static_cast<int>(status);
  return std::move(in.answer);
}

}  // namespace respand::http
