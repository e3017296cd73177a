#include "delivery/verdict.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace respand::delivery {
namespace {

using http::Failure;

// The contract's table, written out: what is not named in it follows its class.
Verdict expected(int status) {
  static const std::map<int, Verdict> named{
      {400, Verdict::kRecordWrong},      {401, Verdict::kDestinationWrong}, {402, Verdict::kDestinationWrong},
      {403, Verdict::kDestinationWrong}, {404, Verdict::kDestinationWrong}, {405, Verdict::kDestinationWrong},
      {408, Verdict::kTransient},        {413, Verdict::kRecordWrong},      {422, Verdict::kRecordWrong},
      {425, Verdict::kTransient},        {429, Verdict::kTransient}};
  if (const auto found = named.find(status); found != named.end()) {
    return found->second;
  }
  if (status >= 200 && status <= 299) {
    return Verdict::kDelivered;
  }
  if (status >= 300 && status <= 399) {
    return Verdict::kDestinationWrong;
  }
  return status >= 400 && status <= 499 ? Verdict::kRecordWrong : Verdict::kTransient;
}

TEST(Verdict, OfEveryStatus) {
  for (int status = 100; status <= 599; ++status) {
    EXPECT_EQ(classify(Failure::kNone, status), expected(status)) << status;
  }
}

// No number that a broken server may send must count as delivered, or cost a record.
TEST(Verdict, OfStatusesThatAreNone) {
  for (const int status : {-200, -1, 0, 1, 99, 600, 999, 2000, 20000}) {
    EXPECT_EQ(classify(Failure::kNone, status), Verdict::kTransient) << status;
  }
}

TEST(Verdict, OfEveryFailure) {
  EXPECT_EQ(classify(Failure::kConnect, 0), Verdict::kTransient);
  EXPECT_EQ(classify(Failure::kTimeout, 0), Verdict::kTransient);
  EXPECT_EQ(classify(Failure::kBroken, 0), Verdict::kTransient);
  EXPECT_EQ(classify(Failure::kResolve, 0), Verdict::kDestinationWrong);
  EXPECT_EQ(classify(Failure::kCertificate, 0), Verdict::kDestinationWrong);
  EXPECT_EQ(classify(Failure::kBroken, 200), Verdict::kTransient) << "the status of half an answer does not count";
}

TEST(Verdict, CodesAreLabels) {
  EXPECT_EQ(code_of(Failure::kNone, 503), "503");
  EXPECT_EQ(code_of(Failure::kTimeout, 0), "timeout");
}

TEST(Verdict, DescribesInBoundedPrintableWords) {
  http::Answer answer;
  answer.status = 401;
  answer.body = "{\"detail\":\"no\x1b[2J\"}\n" + std::string(1000, 'x');
  const std::string text = describe(answer);
  EXPECT_TRUE(text.starts_with("401: {\"detail\":\"no?[2J\"}?xxx")) << text;
  EXPECT_LE(text.size(), 220U);
  answer = {};
  answer.failure = Failure::kConnect;
  answer.detail = "Connection refused";
  EXPECT_EQ(describe(answer), "connect: Connection refused");
  answer.detail.clear();
  EXPECT_EQ(describe(answer), "connect");
}

TEST(Verdict, OfARefusedCompression) {
  http::Answer answer;
  answer.status = 415;
  EXPECT_EQ(classify(answer), Verdict::kRecordWrong);
  answer.compressed = true;
  EXPECT_EQ(classify(answer), Verdict::kDestinationWrong);
  EXPECT_EQ(describe(answer), "415 (api.compression is gzip)");
  answer.status = 400;
  EXPECT_EQ(classify(answer), Verdict::kRecordWrong);
}

}  // namespace
}  // namespace respand::delivery
