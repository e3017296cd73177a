#include "delivery/batch_answer.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

using Refused = std::vector<std::uint32_t>;

Said said(std::string_view body, std::size_t records = 3) { return read_batch_answer(body, false, records).said; }

TEST(BatchAnswer, WithoutAWordOfRecordsAllAreIn) {
  for (const std::string_view body :
       {"", " ", R"({"message":"log successful"})", "<html>", "[]", "[{\"status\":\"error\"}]", "{", "{\"a\":", "17",
        R"({"detail":"\"results\":[]"})", R"({"data":{"results":[]}})"}) {
    EXPECT_EQ(said(body), Said::kNothing) << body;
  }
}

TEST(BatchAnswer, AResultForEachByPosition) {
  const BatchAnswer answer = read_batch_answer(
      R"( {"x":[1,{"y":"]"}],"results" : [ {"id":"log_1","status":"success"} , {"id":null,"status":"error","error":"bad"},{"status":"success"}]} )",
      false, 3);
  EXPECT_EQ(answer.said, Said::kEach);
  EXPECT_EQ(answer.refused, Refused{1});
  EXPECT_EQ(said(R"({"results":[{"status":201},{"status":"queued"},{"status":"ok","error":null}]})"), Said::kEach);
  EXPECT_EQ(read_batch_answer(R"({"results":[{"status":422},{"status":"failed"}]})", false, 2).refused,
            (Refused{0, 1}));
}

TEST(BatchAnswer, AResultTooManyOrTooFewIsNotBelieved) {
  const std::string one = R"({"id":"log_1","status":"success"})";
  EXPECT_EQ(said(cat(R"({"results":[)", one, ",", one, "]}")), Said::kConfused);
  EXPECT_EQ(said(cat(R"({"results":[)", one, ",", one, ",", one, "]}")), Said::kEach);
  EXPECT_EQ(said(cat(R"({"results":[)", one, ",", one, ",", one, ",", one, "]}")), Said::kConfused);
  EXPECT_EQ(said(R"({"results":[]})"), Said::kConfused);
}

TEST(BatchAnswer, AResultThatSaysNothingClearIsNotBelieved) {
  for (const std::string_view result :
       {"{}", "17", "null", R"({"status":"who knows"})", R"({"status":"success","error":"but no"})",
        R"({"status":302})", R"({"status":)", R"({"status":"success"]})"}) {
    EXPECT_EQ(said(cat(R"({"results":[)", result, "]}"), 1), Said::kConfused) << result;
  }
  EXPECT_EQ(said(R"({"results":"none"})"), Said::kConfused);
  EXPECT_EQ(said(R"({"results":[{"status":"success"}]} x)", 1), Said::kConfused);
}

TEST(BatchAnswer, CountsAndIndices) {
  const BatchAnswer answer = read_batch_answer(
      R"({"success_count":1,"error_count":2,"errors":[{"index":2,"error":"x"},{"error":"y","index":0}],"total_errors":2})",
      false, 3);
  EXPECT_EQ(answer.said, Said::kEach);
  EXPECT_EQ(answer.refused, (Refused{0, 2}));
  EXPECT_EQ(said(R"({"success_count":3,"error_count":0,"errors":[]})"), Said::kEach);
  EXPECT_EQ(said(R"({"success_count":3})"), Said::kEach);
  EXPECT_EQ(said(R"({"status":"ok","errors":[]})"), Said::kEach);
  EXPECT_EQ(said(R"({"status":"ok","errors":null})"), Said::kEach);
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
    EXPECT_EQ(said(body), Said::kConfused) << body;
  }
}

TEST(BatchAnswer, WhatIsCutOffIsNotBelieved) {
  const std::string body = R"({"results":[{"status":"success"},{"status":"success"},{"status":"success"}]})";
  EXPECT_EQ(read_batch_answer(body, true, 3).said, Said::kConfused);
  for (std::size_t size = body.find('['); size < body.size(); ++size) {
    EXPECT_EQ(said(body.substr(0, size)), Said::kConfused) << size;
  }
}

TEST(BatchAnswer, NestingHasALimit) {
  EXPECT_EQ(said(cat(R"({"errors":)", std::string(100'000, '['), std::string(100'000, ']'), "}")), Said::kConfused);
}

}  // namespace
}  // namespace respand::delivery
