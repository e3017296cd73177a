// `respand doctor` against planted faults: each is found, with the remedy that repairs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/integration/daemon.h"
#include "tests/support/certificates.h"
#include "tests/support/hostile_server.h"
#include "tests/support/socket.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

// A daemon that is well, on a host where nothing is wrong; a fault is planted in a part of its configuration.
class Doctor : public testing::Test {
 protected:
  Doctor() : daemon(sink.url(), Daemon::Setup{.journal = {}}) {
    std::filesystem::create_directory(parts());
    write_file(parts() + "/10-room.yaml",
               "journal: {max_size: 64MiB, segment_size: 24MiB}\ndead_letters: {max_size: 32MiB}\n");
    ::chmod((daemon.folder() / "key").c_str(), 0600);
    ::chmod(daemon.spool_path().c_str(), 0700);
  }
  void start() {
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    ::chmod(daemon.journal_path().c_str(), 0700);
  }
  [[nodiscard]] std::string parts() const { return daemon.folder() / "conf.d"; }
  void plant(std::string_view part) const { write_file(parts() + "/50-fault.yaml", part); }
  // A key file with this text.
  void plant_key(std::string_view key, ::mode_t mode = 0600) const {
    write_file(daemon.folder() / "other-key", key);
    ::chmod((daemon.folder() / "other-key").c_str(), mode);
    plant(cat("api: {api_key_file: ", daemon.folder() / "other-key", "}\n"));
  }
  [[nodiscard]] RunResult doctor(const std::vector<std::string>& more = {},
                                 const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> arguments = {"doctor", "--config", daemon.config_path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_respand(arguments, {.environment = environment});
  }
  // That a line says what is wrong, and the next one what to do.
  static void expect_found(const RunResult& said, std::string_view what, std::string_view remedy) {
    EXPECT_EQ(said.status, 1) << said.out;
    const auto lines = lines_of(said.out);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
      if (lines[i].starts_with("WRONG") && lines[i].find(what) != std::string::npos) {
        EXPECT_THAT(lines[i + 1], testing::StartsWith("      do: "));
        EXPECT_THAT(lines[i + 1], HasSubstr(std::string(remedy)));
        return;
      }
    }
    ADD_FAILURE() << "nothing wrong says: " << what << "\n" << said.out;
  }
  void expect_found(std::string_view what, std::string_view remedy) const { expect_found(doctor(), what, remedy); }

  SinkServer sink;
  Daemon daemon;
};

TEST_F(Doctor, FindsNothingWhereNothingIsWrong) {
  ASSERT_NO_FATAL_FAILURE(start());
  const RunResult said = doctor({"--send-test"});
  EXPECT_EQ(said.status, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("nothing is wrong\n"));
  for (const char* const area :
       {"configuration", "key", "api", "test", "daemon", "places", "descriptors", "inotify", "systemd"}) {
    EXPECT_THAT(said.out, HasSubstr(cat("ok    ", area, ": "))) << area;
  }
  EXPECT_TRUE(sink.wait_for_records(1)) << "the test record went out";
  EXPECT_THAT(doctor({"-q"}).out, testing::EndsWith("nothing is wrong\n"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Doctor, MistakesInTheConfiguration) {
  plant("jornal: {}\n");
  expect_found("50-fault.yaml:1:1: unknown key 'jornal': did you mean 'journal'?", "correct it");
  plant("journal: {max_size: 4GB}\n");
  expect_found("4GiB", "correct it");
  plant("");
  expect_found(doctor({}, {"RESPAND_JORNAL_MAX_SIZE=4GiB"}), "RESPAND_JORNAL_MAX_SIZE is no key",
               "name it RESPAND_JOURNAL_MAX_SIZE");
}

TEST_F(Doctor, KeysThatAreNone) {
  for (const auto& [key, what] : {std::pair("", "is empty"),
                                  {"two words", "has white space inside"},
                                  {"Bearer abc", "begins with \"Bearer\""},
                                  {"\"abc\"", "stands in quotes"},
                                  {"RESPAN_API_KEY=abc", "has a name and = in front"}}) {
    plant_key(key);
    expect_found(what, "put the key alone");
  }
  plant_key("sk-ant-api03-secret");
  expect_found("begins as Anthropic's keys do", "put the key of Respan");
  EXPECT_EQ(doctor().out.find("api03-secret"), std::string::npos);
  plant_key("your-api-key");
  expect_found("is a placeholder", "put the key of Respan");
  plant_key("abc", 0644);
  expect_found("every user of this host can read the file", "chmod o-rwx");
}

TEST_F(Doctor, TheWayToTheApi) {
  plant("api: {base_url: \"http://no-such-host.invalid\"}\n");
  expect_found("the name no-such-host.invalid is not known", "correct api.base_url");
  plant("api: {base_url: \"http://127.0.0.1:1\"}\n");
  expect_found("no connection to http://127.0.0.1:1/", "correct api.base_url");
  expect_found(doctor({}, {"https_proxy=http://127.0.0.1:1"}), "no connection to http://127.0.0.1:1/",
               "set api.proxy: environment");
  plant("api: {proxy: \"http://127.0.0.1:1\"}\n");
  expect_found("the proxy can't be connected to", "api.proxy");
  plant(cat("api: {base_url: \"https", sink.url().substr(4), "\"}\n"));
  expect_found("speaks no TLS", "https:// where http:// is served");
  const HostileServer server({Act::kNotHttp});
  plant(cat("api: {base_url: \"", server.url(), "\"}\n"));
  expect_found("speaks no HTTP", "correct host and port of api.base_url");
}

TEST_F(Doctor, Certificates) {
  Certificates certificates;
  for (const auto& [pair, trusted, what, remedy] :
       {std::tuple(certificates.good(), false, "is signed by nobody trusted", "api.ca_file"),
        {certificates.for_another_host(), true, "the certificate is not for localhost", "host in api.base_url"},
        {certificates.expired(), true, "has expired", "renew it on the server"}}) {
    Process server("/usr/bin/openssl",
                   {"s_server", "-accept", "127.0.0.1:0", "-cert", pair.certificate, "-key", pair.key, "-www"});
    const auto line = server.wait_for_line("ACCEPT ");
    ASSERT_TRUE(line) << server.err();
    plant(cat("api: {base_url: \"https://localhost:", line->substr(line->rfind(':') + 1), "\"",
              trusted ? cat(", ca_file: ", certificates.authority()) : "", "}\n"));
    expect_found(what, remedy);
    server.kill();
  }
}

// Answers one request with a time of long ago.
TEST_F(Doctor, Clock) {
  std::uint16_t port = 0;
  const UniqueFd listener = listening_tcp_socket(port);
  const std::jthread server([&listener] {
    const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
    std::string request(4096, '\0');
    EXPECT_GT(::recv(client.get(), request.data(), request.size(), 0), 0);
    const std::string_view answer =
        "HTTP/1.1 200 OK\r\nDate: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
  });
  plant(cat("api: {base_url: \"http://127.0.0.1:", port, "\"}\n"));
  expect_found("ahead of the API's", "timedatectl set-ntp true");
}

TEST_F(Doctor, Places) {
  ASSERT_NO_FATAL_FAILURE(start());
  ::chmod(daemon.journal_path().c_str(), 0777);
  expect_found("journal.directory: others than", "sudo chmod 0700 " + daemon.journal_path());
  ::chmod(daemon.journal_path().c_str(), 0700);
  ::chmod(daemon.spool_path().c_str(), 0777);
  expect_found("its users can remove each other's files", "sudo chmod 3770 " + daemon.spool_path());
  ::chmod(daemon.spool_path().c_str(), 0700);
  const std::string none = daemon.folder() / "none";
  plant(cat("spool: {directory: ", none, "}\n"));
  expect_found("spool.directory: " + none + " is not there", "sudo install -d");
  plant("socket: {group: no-such-group}\n");
  expect_found("there is no group no-such-group", "sudo groupadd --system no-such-group");
  plant("journal: {max_size: 60TiB}\n");
  expect_found("is more than the disk under", "Make it smaller, or move the folder");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// As somebody who is not in the socket's group, and may read neither the key nor the control socket.
TEST_F(Doctor, AnotherUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "becomes another user, and this one may not";
  }
  ASSERT_NO_FATAL_FAILURE(start());
  std::filesystem::permissions(daemon.folder().path(), std::filesystem::perms(0755));
  Process process("/usr/bin/setpriv", {"--reuid=65534", "--regid=65534", "--clear-groups", RESPAND_BINARY, "doctor",
                                       "--config", daemon.config_path()});
  const auto exit = process.wait();
  const RunResult said{exit ? exit->status : -1, process.out()};
  expect_found(said, "you may not write to " + daemon.socket_path(), "sudo usermod -aG root $USER");
  expect_found(said, "Permission denied", "sudo respand doctor");
  EXPECT_THAT(said.out, HasSubstr("note  daemon: "));
  EXPECT_THAT(said.out, HasSubstr("do: to look at the daemon too: sudo respand doctor"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Doctor, Descriptors) {
  Process process("/bin/sh",
                  {"-c", "ulimit -n 100; exec \"$0\" doctor --config \"$1\"", RESPAND_BINARY, daemon.config_path()});
  const auto exit = process.wait();
  expect_found({exit ? exit->status : -1, process.out()}, "(the limit is 100)", "LimitNOFILE");
}

TEST_F(Doctor, TheDaemon) {
  expect_found("does not run: connect to " + daemon.control_path(), "sudo systemctl start respand.socket respand");
  ASSERT_NO_FATAL_FAILURE(start());
  plant(cat("control: {path: ", daemon.socket_path(), "}\n"));
  expect_found("is the socket for records", "correct control.path");
  plant("");
  std::filesystem::last_write_time(daemon.config_path(),
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  expect_found("was changed after the daemon has read it", "respand reload");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(DoctorOfTheKey, ThatTheApiRefuses) {
  sink::Rules rules;
  rules.key = "another";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_FALSE(daemon.send_acknowledged(record(1) + "\n").empty());
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  Process process(RESPAND_BINARY, {"doctor", "--config", daemon.config_path(), "--send-test"});
  ASSERT_TRUE(process.wait() == Exit{.status = 1}) << process.out();
  EXPECT_THAT(process.out(), HasSubstr("WRONG daemon: paused: the API refuses the key"));
  EXPECT_THAT(process.out(), HasSubstr("WRONG test: a test record: the API answers 401"));
  EXPECT_THAT(process.out(), HasSubstr("do: put the right key in place (file " + (daemon.folder() / "key")));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// What is over is reported, and needs no repair.
TEST(DoctorOfThePast, ADeadLetterIsANote) {
  sink::Rules rules;
  rules.refuse = "record-1";
  SinkServer sink(rules);
  Daemon daemon(sink.url(), Daemon::Setup{.journal = ", max_size: 64MiB, segment_size: 24MiB"});
  ::chmod((daemon.folder() / "key").c_str(), 0600);
  ::chmod(daemon.spool_path().c_str(), 0700);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_FALSE(daemon.send_acknowledged(record(1) + "\n").empty());
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "422"}}));
  Process process(RESPAND_BINARY, {"doctor", "--config", daemon.config_path()});
  EXPECT_TRUE(process.wait() == Exit{.status = 0}) << process.out();
  EXPECT_THAT(process.out(), HasSubstr("note  daemon: dead-lettered 1 (422"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
