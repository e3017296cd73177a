#include "http/transfer.h"

#include <utility>

#include "http/failure.h"
#include "respand/base/text.h"

namespace respand::http {
namespace {

// How much is kept of libcurl's message for a failure.
constexpr std::size_t kMaxDetail = 200;

}  // namespace

std::unique_ptr<Transfer> Transfer::make(std::shared_ptr<const Route> route, const Clock& clock, CURLSH* sessions) {
  std::unique_ptr<Transfer> transfer(new Transfer(std::move(route), clock));
  return transfer->configure(sessions) ? std::move(transfer) : nullptr;
}

bool Transfer::configure(CURLSH* sessions) {
  easy_.reset(::curl_easy_init());
  if (!easy_ || !route_->configure(easy())) {
    return false;
  }
  const auto header = +[](char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({data, size * count});
  };
  const auto body = +[](char* data, std::size_t size, std::size_t count, void* self) {
    // A return value other than the part's size makes libcurl end the transfer.
    return static_cast<Transfer*>(self)->reader_.take_body({data, size * count}) ? size * count : 0;
  };
  return ::curl_easy_setopt(easy(), CURLOPT_PRIVATE, this) == CURLE_OK &&
         ::curl_easy_setopt(easy(), CURLOPT_SHARE, sessions) == CURLE_OK &&
         ::curl_easy_setopt(easy(), CURLOPT_ERRORBUFFER, error_.data()) == CURLE_OK &&
         ::curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this) == CURLE_OK &&
         ::curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, header) == CURLE_OK &&
         ::curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this) == CURLE_OK &&
         ::curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, body) == CURLE_OK;
}

bool Transfer::begin(Post next, Gzip& gzip) {
  post_ = std::move(next);
  reader_.begin(post_.max_body);
  error_[0] = '\0';
  if (!set_place()) {
    return false;
  }
  if (!route_->target().compress) {
    set_body(post_.payload);
    return true;
  }
  if (!gzip.pack(post_.payload, packed_)) {
    return false;
  }
  set_body(packed_);
  return true;
}

// Sets URL and headers, where they differ from those of the handle's last request. False: there is no memory.
bool Transfer::set_place() {
  const bool elsewhere = post_.routed && !post_.routed->path.empty();
  const At at = elsewhere ? At::kRoutedUrl : post_.batch ? At::kBatchUrl : At::kUrl;
  if (at == At::kRoutedUrl) {
    ::curl_easy_setopt(easy(), CURLOPT_URL, cat(route_->target().routes_url, post_.routed->path).c_str());
  } else if (at != at_) {
    ::curl_easy_setopt(easy(), CURLOPT_URL, route_->url(post_.batch).c_str());
  }
  at_ = at;
  return set_headers();
}

bool Transfer::set_headers() {
  const bool protobuf = post_.routed && post_.routed->protobuf;
  const std::string_view key = post_.routed ? std::string_view(post_.routed->key) : std::string_view();
  const bool had_more = more_headers_ != nullptr;
  const bool has_more = post_.routed && !post_.routed->headers.empty();
  if (has_more) {
    Route::Headers all = route_->headers_with(protobuf, key, post_.routed->headers);
    if (all == nullptr) {
      return false;
    }
    ::curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, all.get());
    more_headers_ = std::move(all);  // The handle does not use the list from before any more.
  } else if (had_more || protobuf != protobuf_ || key != key_) {
    ::curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, route_->headers(protobuf, key));
    more_headers_.reset();
  }
  protobuf_ = protobuf;
  key_ = key;
  return true;
}

void Transfer::set_body(std::string_view body) {
  ::curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, body.data());
  ::curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  ::curl_easy_setopt(easy(), CURLOPT_TIMEOUT_MS, route_->timeout(body.size()));
}

// A return value other than the line's size makes libcurl end the transfer. libcurl itself limits only the single line.
std::size_t Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    reader_.begin_headers();
  } else if (line == "\r\n" || line == "\n") {
    reader_.end_headers();
  }
  return reader_.take_header(line) ? line.size() : 0;
}

Answer Transfer::answer() {
  Answer answer;
  answer.id = post_.id;
  answer.payload = std::move(post_.payload);
  answer.compressed = route_->target().compress;
  constexpr std::size_t kKept = 64 * 1024;
  if (packed_.capacity() > kKept) {
    std::string().swap(packed_);
  }
  curl_off_t elapsed = 0;
  if (::curl_easy_getinfo(easy(), CURLINFO_TOTAL_TIME_T, &elapsed) == CURLE_OK) {
    answer.elapsed = Duration{elapsed};
  }
  // The latency runs from the time when the request could leave. CURLINFO_STARTTRANSFER_TIME would not do: libcurl 7.88
  // takes the start of the upload for the first byte of the answer.
  curl_off_t could_leave = 0;
  if (::curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &could_leave) == CURLE_OK && could_leave > 0) {
    answer.latency = Duration{elapsed - could_leave};
  }
  return answer;
}

Answer Transfer::fail(std::string_view why) {
  Answer result = answer();
  result.failure = Failure::kBroken;
  result.detail = why;
  return result;
}

Answer Transfer::end(CURLcode code) {
  Answer result = answer();
  set_outcome(result, code);
  if (result.failure != Failure::kNone) {
    const char* why = code == CURLE_OK ? "the answer breaks off" : ::curl_easy_strerror(code);
    result.detail = error_[0] != '\0' ? error_.data() : why;
    route_->hide_key(result.detail);
    result.detail = printable(result.detail, kMaxDetail);
    return result;
  }
  long version = 0;
  over_http2_ =
      ::curl_easy_getinfo(easy(), CURLINFO_HTTP_VERSION, &version) == CURLE_OK && version == CURL_HTTP_VERSION_2_0;
  reader_.put_into(result, *route_, clock_);
  return result;
}

void Transfer::set_outcome(Answer& answer, CURLcode code) {
  // An answer counts only if its headers are complete: libcurl accepts headers that break off, but a status line and
  // half a header is no delivery. It also counts where we cut off an endless body: the server has said all that
  // matters.
  const bool whole = (code == CURLE_OK && reader_.headers_whole()) || (code == CURLE_WRITE_ERROR && reader_.body_cut());
  long status = 0;
  ::curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  if (whole && status > 0) {
    answer.status = static_cast<int>(status);
  } else {
    answer.failure = code == CURLE_OK ? Failure::kBroken : failure_of(code);
  }
}

}  // namespace respand::http
