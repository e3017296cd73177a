#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"
#include "tests/support/socket.h"

namespace respand::sockets::test {
namespace {

using journal::CommitResult;
using Strings = std::vector<std::string>;

class Datagrams : public Bench {
 protected:
  Datagrams() {
    settings.socket_path.clear();
    settings.datagram_path = folder / "datagrams";
  }

  UniqueFd sender() {
    UniqueFd fd = respand::test::connected_unix_socket(settings.datagram_path, SOCK_DGRAM | SOCK_NONBLOCK);
    EXPECT_TRUE(fd);
    return fd;
  }
  static bool put(const UniqueFd& fd, std::string_view record) {
    return ::send(fd.get(), record.data(), record.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(record.size());
  }
};

TEST_F(Datagrams, OneRecordEach) {
  open();
  const UniqueFd fd = sender();
  for (const std::string_view record : {"{\"a\":1}", "", "\n", "{\"b\":2}\n", "nonsense", "[{\"c\":3}]", "{\"d\":4}"}) {
    ASSERT_TRUE(put(fd, record));
  }
  quiet();
  for (const auto& batch : intake.batches) {
    EXPECT_FALSE(batch->awaited()) << "nobody hears of a datagram";
  }
  run_until_quiet();
  EXPECT_EQ(intake.payloads.size(), 3U);
  EXPECT_EQ(intake.payloads[0], "{\"a\":1}");
  EXPECT_EQ(intake.payloads[2], "{\"d\":4}");
  EXPECT_EQ(received("datagram"), 5);
  EXPECT_EQ(rejected("datagram", "not_json"), 1);
  EXPECT_EQ(rejected("datagram", "not_object"), 1);
  EXPECT_EQ(metric("respand_bytes_received_total{input=\"datagram\"}"), 7 + 1 + 8 + 8 + 9 + 7);
}

TEST_F(Datagrams, TheLimitOfARecord) {
  settings.max_record = kibibytes(64);
  open();
  const UniqueFd fd = sender();
  for (const std::size_t size : {64U * 1024 - 1, 64U * 1024, 64U * 1024 + 1, 100U * 1024}) {
    ASSERT_TRUE(put(fd, "{\"t\":\"" + std::string(size - 8, 'x') + "\"}"));
    quiet();
  }
  EXPECT_EQ(intake.payloads.size(), 2U);
  EXPECT_EQ(rejected("datagram", "too_large"), 2);
}

TEST_F(Datagrams, AFullProducerHoldsTheWritersBack) {
  open();
  const UniqueFd fd = sender();
  const std::string filling(100'000, 'x');
  int sent = 0;
  for (int failures = 0; failures < 3;) {
    if (put(fd, cat("{\"n\":", sent, ",\"t\":\"", filling, "\"}"))) {
      ++sent;
      failures = 0;
    } else {
      ++failures;
    }
    quiet();
    ASSERT_LT(sent, 1000) << "it never stops reading";
  }
  EXPECT_LE(intake.batches.size(), journal::JournalWriter::kMaxOutstanding);
  run_until_quiet();
  ASSERT_EQ(intake.payloads.size(), static_cast<std::size_t>(sent));
  for (int i = 0; i < sent; ++i) {
    EXPECT_TRUE(intake.payloads[static_cast<std::size_t>(i)].starts_with(cat("{\"n\":", i, ",")));
  }
}

TEST_F(Datagrams, AFullJournalIsCounted) {
  open();
  const UniqueFd fd = sender();
  intake.accepts = false;
  ASSERT_TRUE(put(fd, "{}"));
  quiet();
  intake.accepts = true;
  ASSERT_TRUE(put(fd, "{}"));
  run_until_quiet(CommitResult::kFull);
  EXPECT_EQ(received("datagram"), 2);
  EXPECT_EQ(rejected("datagram", "journal_full"), 2);
}

TEST_F(Datagrams, OnlyAllowedUsers) {
  settings.access.uids = {::getuid() + 1};
  open();
  const UniqueFd fd = sender();
  ASSERT_TRUE(put(fd, "{}"));
  run_until_quiet();
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_EQ(rejected("datagram", "bad_request"), 1);
}

TEST_F(Datagrams, DescriptorsThatAreSentAlongAreNotKept) {
  settings.access.uids = {::getuid()};
  open();
  const UniqueFd fd = sender();
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  std::string record = "{\"a\":1}";
  iovec place{record.data(), record.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int passed = writing.get();
  std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  ASSERT_GT(::sendmsg(fd.get(), &message, 0), 0);
  writing.reset();
  quiet();
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});
  char byte = 0;
  EXPECT_EQ(::read(reading.get(), &byte, 1), 0) << "somebody still holds the pipe open";
}

TEST_F(Datagrams, AtAStopWhatWasSentIsTakenIn) {
  open();
  const UniqueFd fd = sender();
  int sent = 0;
  while (sent < 100 && put(fd, cat("{\"n\":", sent, "}"))) {
    ++sent;
  }
  ASSERT_GT(sent, 0);
  bool done = false;
  listeners->stop([&] { done = true; });
  until([&] {
    intake.commit_all();
    return done;
  });
  EXPECT_EQ(intake.payloads.size(), static_cast<std::size_t>(sent));
  EXPECT_NE(::access(settings.datagram_path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace respand::sockets::test
