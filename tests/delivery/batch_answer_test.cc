#include "delivery/batch_answer.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

using Refused = std::vector<std::uint32_t>;

ResultCoverage coverage_of(std::string_view body, std::size_t records = 3) {
  return read_batch_answer(body, false, records).coverage;
}

TEST(BatchAnswer, WithoutAWordOfRecordsAllAreIn) {
  for (const std::string_view body :
       {"", " ", R"({"message":"log successful"})", "<html>", "[]", "[{\"status\":\"error\"}]", "{", "{\"a\":", "17",
        R"({"detail":"\"results\":[]"})", R"({"data":{"results":[]}})"}) {
    EXPECT_EQ(coverage_of(body), ResultCoverage::kNone) << body;
  }
}

TEST(BatchAnswer, AResultForEachByPosition) {
  const BatchAnswer answer = read_batch_answer(
      R"( {"x":[1,{"y":"]"}],"results" : [ {"id":"log_1","status":"success"} , {"id":null,"status":"error","error":"bad"},{"status":"success"}]} )",
      false, 3);
  EXPECT_EQ(answer.coverage, ResultCoverage::kEach);
  EXPECT_EQ(answer.refused, Refused{1});
  EXPECT_EQ(coverage_of(R"({"results":[{"status":201},{"status":"queued"},{"status":"ok","error":null}]})"),
            ResultCoverage::kEach);
  EXPECT_EQ(read_batch_answer(R"({"results":[{"status":422},{"status":"failed"}]})", false, 2).refused,
            (Refused{0, 1}));
}

TEST(BatchAnswer, AResultTooManyOrTooFewIsNotBelieved) {
  const std::string one = R"({"id":"log_1","status":"success"})";
  EXPECT_EQ(coverage_of(cat(R"({"results":[)", one, ",", one, "]}")), ResultCoverage::kInconsistent);
  EXPECT_EQ(coverage_of(cat(R"({"results":[)", one, ",", one, ",", one, "]}")), ResultCoverage::kEach);
  EXPECT_EQ(coverage_of(cat(R"({"results":[)", one, ",", one, ",", one, ",", one, "]}")),
            ResultCoverage::kInconsistent);
  EXPECT_EQ(coverage_of(R"({"results":[]})"), ResultCoverage::kInconsistent);
}

TEST(BatchAnswer, AResultThatSaysNothingClearIsNotBelieved) {
  for (const std::string_view result :
       {"{}", "17", "null", R"({"status":"who knows"})", R"({"status":"success","error":"but no"})",
        R"({"status":302})", R"({"status":)", R"({"status":"success"]})"}) {
    EXPECT_EQ(coverage_of(cat(R"({"results":[)", result, "]}"), 1), ResultCoverage::kInconsistent) << result;
  }
  EXPECT_EQ(coverage_of(R"({"results":"none"})"), ResultCoverage::kInconsistent);
  EXPECT_EQ(coverage_of(R"({"results":[{"status":"success"}]} x)", 1), ResultCoverage::kInconsistent);
}

TEST(BatchAnswer, CountsAndIndices) {
  const BatchAnswer answer = read_batch_answer(
      R"({"success_count":1,"error_count":2,"errors":[{"index":2,"error":"x"},{"error":"y","index":0}],"total_errors":2})",
      false, 3);
  EXPECT_EQ(answer.coverage, ResultCoverage::kEach);
  EXPECT_EQ(answer.refused, (Refused{0, 2}));
  EXPECT_EQ(coverage_of(R"({"success_count":3,"error_count":0,"errors":[]})"), ResultCoverage::kEach);
  EXPECT_EQ(coverage_of(R"({"success_count":3})"), ResultCoverage::kEach);
  EXPECT_EQ(coverage_of(R"({"status":"ok","errors":[]})"), ResultCoverage::kEach);
  EXPECT_EQ(coverage_of(R"({"status":"ok","errors":null})"), ResultCoverage::kEach);
  EXPECT_EQ(read_batch_answer(R"({"errors":[{"index":1}]})", false, 3).refused, Refused{1});
}

TEST(BatchAnswer, CountsThatDoNotAddUpAreNotBelieved) {
  for (const std::string_view body :
       {R"({"success_count":2,"error_count":0,"errors":[]})", R"({"success_count":4})",
        R"({"success_count":2,"error_count":1})", R"({"success_count":2,"error_count":1,"errors":[]})",
        R"({"success_count":2,"error_count":1,"errors":[{"index":3}]})",
        R"({"success_count":1,"error_count":2,"errors":[{"index":1},{"index":1}]})",
        R"({"success_count":2,"error_count":1,"errors":[{"error":"which?"}]})",
        R"({"success_count":2,"error_count":1,"errors":[{"index":-1}]})", R"({"success_count":-3})",
        R"({"success_count":3,"errors":["no"]})", R"({"error_count":1)"}) {
    EXPECT_EQ(coverage_of(body), ResultCoverage::kInconsistent) << body;
  }
}

TEST(BatchAnswer, WhatIsCutOffIsNotBelieved) {
  const std::string body = R"({"results":[{"status":"success"},{"status":"success"},{"status":"success"}]})";
  EXPECT_EQ(read_batch_answer(body, true, 3).coverage, ResultCoverage::kInconsistent);
  for (std::size_t size = body.find('['); size < body.size(); ++size) {
    EXPECT_EQ(coverage_of(body.substr(0, size)), ResultCoverage::kInconsistent) << size;
  }
}

TEST(BatchAnswer, NestingHasALimit) {
  EXPECT_EQ(coverage_of(cat(R"({"errors":)", std::string(100'000, '['), std::string(100'000, ']'), "}")),
            ResultCoverage::kInconsistent);
}

}  // namespace
}  // namespace respand::delivery
