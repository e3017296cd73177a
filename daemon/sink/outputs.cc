#include "sink/outputs.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/json/text.h"

namespace respand::sink {
namespace {

// What may collect before it is written although the turn has not ended.
constexpr std::size_t kFlushAt = 1024 * 1024;
// Bytes of a value that a line shows: an identifier may have 120.
constexpr std::size_t kShown = 128;

void put_field(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    out.append("  ").append(name).append(name.empty() ? "" : " ").append(printable(json::decoded(value), kShown));
  }
}

}  // namespace

void put_line(std::string& out, const record::RecordFields& fields, const Verdict& verdict) {
  out.append(fields.model.empty() ? "-" : printable(json::decoded(fields.model), kShown));
  put_field(out, "cost", fields.cost);
  put_field(out, "generation_time", fields.generation_time);
  put_field(out, "latency", fields.latency);
  put_field(out, "customer", fields.customer_identifier);
  put_field(out, "id", fields.custom_identifier);
  out.append("  ").append(verdict.fault == Fault::kNone ? std::to_string(verdict.status)
                                                        : std::string(name_of(verdict.fault)));
  out.push_back('\n');
}

Status Outputs::open(const std::string& record_file, int print_fd) {
  print_fd_ = print_fd;
  if (record_file.empty()) {
    return {};
  }
  owned_.reset(::open(record_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!owned_) {
    return os_error(errno, cat("open ", record_file));
  }
  record_fd_ = owned_.get();
  return {};
}

void Outputs::record(std::string_view body) {
  if (record_fd_ < 0) {
    return;
  }
  const std::size_t before = records_.size();
  records_.append(body);
  std::replace_if(
      records_.begin() + static_cast<std::ptrdiff_t>(before), records_.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
  records_.push_back('\n');
  if (records_.size() >= kFlushAt) {
    write_out(record_fd_, records_, "record file");
  }
}

void Outputs::print(const record::RecordFields& fields, const Verdict& verdict) {
  if (print_fd_ < 0) {
    return;
  }
  put_line(lines_, fields, verdict);
  if (lines_.size() >= kFlushAt) {
    write_out(print_fd_, lines_, "printed lines");
  }
}

void Outputs::flush() {
  write_out(record_fd_, records_, "record file");
  write_out(print_fd_, lines_, "printed lines");
}

void Outputs::write_out(int& fd, std::string& bytes, std::string_view what) {
  std::string_view rest = bytes;
  while (fd >= 0 && !rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // A terminal that somebody else made non-blocking: wait as a blocking write would.
      pollfd wait{fd, POLLOUT, 0};
      static_cast<void>(::poll(&wait, 1, -1));
    } else if (errno != EINTR) {
      log::error("the sink can't write", {{"what", what}, {"reason", os_error(errno, "write").message}});
      fd = -1;
    }
  }
  bytes.clear();
  if (bytes.capacity() > 2 * kFlushAt) {
    bytes.shrink_to_fit();
  }
}

}  // namespace respand::sink
