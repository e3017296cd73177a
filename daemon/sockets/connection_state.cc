#include "sockets/connection_state.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "respand/base/text.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kMagic = "respandH";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kHeader = 16;
// No state is larger: it holds an unfinished record, so at most max_record, which is a setting, and one read.
constexpr std::uint32_t kMostConnectionState = std::uint32_t{1} << 30;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

constexpr std::uint64_t kTcp = 1;
constexpr std::uint64_t kLines = 2;
constexpr std::uint64_t kHttp = 4;
constexpr std::uint64_t kAcks = 8;
constexpr std::uint64_t kFirstLine = 16;
constexpr std::uint64_t kDiscarding = 32;
constexpr std::uint64_t kAllFlags = 63;

void put_number(std::string& out, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(number >> (8 * i) & 0xFFU));
  }
}

// Takes numbers and bytes from the front. Where too little is left the result is zero or empty, and `good` is false.
struct Bytewise {
  std::string_view bytes;
  bool good = true;

  std::string_view take(std::size_t size) {
    good = good && size <= bytes.size();
    const std::string_view piece = good ? bytes.substr(0, size) : std::string_view();
    bytes.remove_prefix(piece.size());
    return piece;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t number = 0;
    int shift = 0;
    for (const char byte : take(size)) {
      number |= std::uint64_t{static_cast<unsigned char>(byte)} << shift;
      shift += 8;
    }
    return number;
  }
};

std::optional<std::string> read_at(int file, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t got = 0; got < size;) {
    const ssize_t n = ::pread(file, bytes.data() + got, size - got, static_cast<off_t>(at + got));
    if (n <= 0) {
      return std::nullopt;
    }
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

// Whether the runs are in order, do not overlap, and are of lines that were begun.
bool sound(const std::vector<ConnectionState::Run>& runs, std::uint64_t lines) {
  std::uint64_t behind = 0;
  for (const ConnectionState::Run& run : runs) {
    if (run.first <= behind || run.last < run.first || run.last > lines) {
      return false;
    }
    behind = run.last;
  }
  return true;
}

}  // namespace

void put(std::string& out, const ConnectionState& connection_state) {
  put_number(out, connection_state.cookie, 8);
  std::uint64_t flags = 0;
  for (const auto& [flag, holds] : {std::pair(kTcp, connection_state.tcp),
                                    {kLines, connection_state.speaks == Speaks::kLines},
                                    {kHttp, connection_state.speaks == Speaks::kHttp},
                                    {kAcks, connection_state.acks},
                                    {kFirstLine, connection_state.first_line},
                                    {kDiscarding, connection_state.discarding}}) {
    flags |= holds ? flag : 0;
  }
  put_number(out, flags, 1);
  put_number(out, connection_state.lines, 8);
  put_number(out, connection_state.told, 8);
  put_number(out, connection_state.refused.size(), 4);
  for (const ConnectionState::Run& run : connection_state.refused) {
    put_number(out, run.first, 8);
    put_number(out, run.last, 8);
  }
  put_number(out, connection_state.output.size(), 4);
  out.append(connection_state.output).append(connection_state.input);
}

std::optional<ConnectionState> parse_connection_state(std::string_view bytes) {
  Bytewise in{bytes};
  ConnectionState connection_state;
  connection_state.cookie = in.number(8);
  const std::uint64_t flags = in.number(1);
  connection_state.tcp = (flags & kTcp) != 0;
  connection_state.speaks = (flags & kLines) != 0  ? Speaks::kLines
                            : (flags & kHttp) != 0 ? Speaks::kHttp
                                                   : Speaks::kNothing;
  connection_state.acks = (flags & kAcks) != 0;
  connection_state.first_line = (flags & kFirstLine) != 0;
  connection_state.discarding = (flags & kDiscarding) != 0;
  connection_state.lines = in.number(8);
  connection_state.told = in.number(8);
  const std::uint64_t runs = in.number(4);
  if (!in.good || flags > kAllFlags || (flags & (kLines | kHttp)) == (kLines | kHttp) || runs > kMostRuns) {
    return std::nullopt;
  }
  for (std::uint64_t i = 0; i < runs && in.good; ++i) {
    const std::uint64_t first = in.number(8);
    connection_state.refused.push_back({first, in.number(8)});
  }
  const std::uint64_t output = in.number(4);
  if (!in.good || output > kMostOutput || connection_state.told > connection_state.lines ||
      !sound(connection_state.refused, connection_state.lines) ||
      (connection_state.tcp && connection_state.speaks == Speaks::kLines)) {
    return std::nullopt;
  }
  connection_state.output = in.take(output);
  connection_state.input = in.bytes;
  if (!in.good || (connection_state.speaks == Speaks::kNothing && !connection_state.input.empty())) {
    return std::nullopt;
  }
  return connection_state;
}

Status ConnectionStateWriter::open() {
  file_.reset(::memfd_create("respand-connections", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file_) {
    return os_error(errno, "make a memory file");
  }
  end_ = kHeader;
  return {};
}

Status ConnectionStateWriter::write(std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n <= 0) {
      return os_error(errno, "write to a memory file");
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return {};
}

Status ConnectionStateWriter::add(const ConnectionState& connection_state) {
  if (failed_ || !file_) {
    return error(ErrorCode::kIo, "the memory file can't be written");
  }
  std::string bytes(4, '\0');
  put(bytes, connection_state);
  std::string size;
  put_number(size, bytes.size() - 4, 4);
  bytes.replace(0, 4, size);
  Status written = write(bytes, end_);
  failed_ = !written;
  if (written) {
    end_ += bytes.size();
    ++count_;
  }
  return written;
}

Result<UniqueFd> ConnectionStateWriter::seal() {
  std::string header(kMagic);
  put_number(header, kVersion, 4);
  put_number(header, count_, 4);
  if (Status written = write(header, 0); !written) {
    return written.error();
  }
  // A failed add() may have written something behind the last whole state: it is cut off.
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0 || ::fcntl(file_.get(), F_ADD_SEALS, kSeals) != 0) {
    return os_error(errno, "seal a memory file");
  }
  return std::move(file_);
}

Result<ConnectionStateReader> ConnectionStateReader::open(UniqueFd file) {
  struct stat info {};
  const int seals = ::fcntl(file.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals || ::fstat(file.get(), &info) != 0) {
    return error(ErrorCode::kInvalid, "what describes them is no sealed memory file");
  }
  ConnectionStateReader reader;
  reader.size_ = static_cast<std::uint64_t>(info.st_size);
  const auto header = read_at(file.get(), 0, kHeader);
  if (!header || !header->starts_with(kMagic)) {
    return error(ErrorCode::kInvalid, "what describes them is something else");
  }
  Bytewise in{std::string_view(*header).substr(kMagic.size())};
  if (const std::uint64_t version = in.number(4); version != kVersion) {
    return error(ErrorCode::kUnsupported,
                 cat("another version of respand left them (format ", version, ", this one reads ", kVersion, ")"));
  }
  reader.left_ = static_cast<std::uint32_t>(in.number(4));
  reader.at_ = kHeader;
  reader.file_ = std::move(file);
  return reader;
}

std::optional<ConnectionStateReader::Entry> ConnectionStateReader::next() {
  if (left_ == 0 || size_ - at_ < 4) {
    return std::nullopt;
  }
  const auto head = read_at(file_.get(), at_, 4);
  const std::uint64_t size = head ? Bytewise{*head}.number(4) : kMostConnectionState;
  if (size >= kMostConnectionState || size > size_ - at_ - 4) {
    left_ = 0;
    return std::nullopt;
  }
  const auto bytes = read_at(file_.get(), at_ + 4, size);
  at_ += 4 + size;
  --left_;
  auto connection_state = bytes ? parse_connection_state(*bytes) : std::nullopt;
  return connection_state ? Entry{true, std::move(*connection_state)} : Entry{};
}

std::optional<std::uint64_t> cookie_of(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? std::optional(cookie) : std::nullopt;
}

}  // namespace respand::sockets
