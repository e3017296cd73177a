#include "sink/outputs.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace respand::sink {
namespace {

std::string line_of(std::string_view record, const Verdict& verdict) {
  record::RecordParser parser;
  std::string line;
  put_line(line, parser.parse(record).fields, verdict);
  return line;
}

TEST(Line, ShowsWhatMatters) {
  EXPECT_EQ(line_of(R"({"model":"nextbit256/cydonia-2b","cost":0.001,"generation_time":1.2,)"
                    R"("customer_params":{"customer_identifier":"user_123"}})",
                    {.status = 200}),
            "nextbit256/cydonia-2b  cost 0.001  generation_time 1.2  customer user_123  200\n");
  EXPECT_EQ(line_of(R"({"latency":3,"custom_identifier":"i"})", {.status = 503}), "-  latency 3  id i  503\n");
  EXPECT_EQ(line_of("{}", {.fault = Fault::kReset}), "-  reset\n");
}

TEST(Line, IsOneLineOfBoundedLengthWhateverTheRecordHolds) {
  const std::string hostile =
      line_of(R"({"model":"a\n\u001b[2Jb","cost":")" + std::string(5000, 'x') + R"("})", {.status = 200});
  EXPECT_EQ(hostile.find('\n'), hostile.size() - 1);
  EXPECT_EQ(hostile.find('\x1b'), std::string::npos);
  EXPECT_LT(hostile.size(), 400U);
}

TEST(Outputs, AppendsRecordsAsLines) {
  const test::TempDir folder;
  const std::string path = folder / "records.ndjson";
  test::write_file(path, "before\n");
  Outputs outputs;
  ASSERT_TRUE(outputs.open(path, -1));
  outputs.record("{\n\"a\":\r\n1}");
  outputs.record("{}");
  outputs.flush();
  EXPECT_EQ(test::read_file(path), "before\n{ \"a\":  1}\n{}\n");
}

TEST(Outputs, WritesEarlyWhatIsLarge) {
  const test::TempDir folder;
  const std::string path = folder / "records.ndjson";
  Outputs outputs;
  ASSERT_TRUE(outputs.open(path, -1));
  outputs.record(std::string(1024 * 1024 - 2, 'x'));
  EXPECT_EQ(test::read_file(path).size(), 0U);
  outputs.record("");
  EXPECT_EQ(test::read_file(path).size(), 1024U * 1024U);
}

TEST(Outputs, SaysThatTheFileCanNotBeOpenedAndSurvivesOneThatFails) {
  Outputs outputs;
  EXPECT_FALSE(outputs.open("/nowhere/records", -1));
  Outputs full;
  const UniqueFd device(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.open("/dev/full", device.get()));
  full.record("{}");
  full.print({}, {});
  full.flush();
  full.record("{}");
  full.flush();
}

}  // namespace
}  // namespace respand::sink
