#include "delivery/verdict.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "answers.h"
#include "respand/base/text.h"

namespace respand::delivery {
namespace {

using http::Failure;

// The promised table, written out by hand; statuses that are not named follow their class.
Fault expected(int status) {
  static const std::set<int> record{400, 413, 422};
  static const std::set<int> upstream{401, 402, 403, 404, 405, 407, 421, 426, 428, 431, 451, 499, 511};
  static const std::set<int> moment{408, 425, 429};
  const int kind = status / 100;
  return record.contains(status)     ? Fault::kRecord
         : upstream.contains(status) ? Fault::kUpstream
         : moment.contains(status)   ? Fault::kMoment
         : kind == 2                 ? Fault::kNobody
         : kind == 3                 ? Fault::kUpstream
         : kind == 4                 ? Fault::kDoubtful
                                     : Fault::kMoment;
}

TEST(Verdict, OfEveryStatus) {
  for (int status = 100; status <= 599; ++status) {
    EXPECT_EQ(fault_of(Failure::kNone, status), expected(status)) << status;
    EXPECT_EQ(classify(Failure::kNone, status), verdict_of(expected(status))) << status;
  }
}

TEST(Verdict, TheTableHasEveryStatusOnceInOrder) {
  int next = 100;
  for (const StatusRow& row : status_table()) {
    EXPECT_EQ(row.first, next);
    EXPECT_GE(row.last, row.first);
    EXPECT_FALSE(row.why.empty());
    next = row.last + 1;
  }
  EXPECT_EQ(next, 600);
}

// docs/delivery.md shows the same table. If it is out of date, RESPAND_WRITE_REFERENCE=1 writes it again.
TEST(Verdict, TheTableIsTheOneInTheGuide) {
  const std::string path = std::string(RESPAND_SOURCE) + "/docs/delivery.md";
  std::string table = "| answer | whose fault | because |\n|---|---|---|\n";
  for (const StatusRow& row : status_table()) {
    table += cat("| ", row.first, row.last > row.first ? cat("–", row.last) : "", " | ", name_of(row.fault), " | ",
                 row.why, " |\n");
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string found = text.str();
  const std::size_t begin = found.find("| answer | whose fault |");
  const std::size_t end = found.find("\n\n", begin);
  ASSERT_NE(end, std::string::npos) << path;
  if (std::getenv("RESPAND_WRITE_REFERENCE") != nullptr) {
    std::ofstream(path) << found.replace(begin, end + 1 - begin, table);
    return;
  }
  EXPECT_EQ(found.substr(begin, end + 1 - begin), table);
}

TEST(Verdict, WhatTheOperatorSaysOfAStatusCountsFirst) {
  const StatusOverrides overrides{.permanent = {404, 413, 503}, .transient = {400, 403}};
  EXPECT_EQ(fault_of(Failure::kNone, 400, overrides), Fault::kMoment);
  EXPECT_EQ(fault_of(Failure::kNone, 403, overrides), Fault::kMoment);
  EXPECT_EQ(fault_of(Failure::kNone, 503, overrides), Fault::kDoubtful) << "all of them: pauses, as the guide says";
  EXPECT_EQ(fault_of(Failure::kNone, 404, overrides), Fault::kDoubtful);
  EXPECT_EQ(fault_of(Failure::kNone, 413, overrides), Fault::kRecord);
  EXPECT_EQ(fault_of(Failure::kNone, 401, overrides), Fault::kUpstream);
  EXPECT_EQ(fault_of(Failure::kTimeout, 503, overrides), Fault::kMoment) << "no answer has no status";
}

// A number that only a broken server sends must neither count as delivered nor make a dead letter.
TEST(Verdict, OfStatusesThatAreNone) {
  for (const int status : {-200, -1, 0, 1, 99, 600, 999, 2000, 20000}) {
    EXPECT_EQ(classify(Failure::kNone, status), Verdict::kTransient) << status;
  }
}

TEST(Verdict, OfEveryFailure) {
  EXPECT_EQ(classify(Failure::kConnect, 0), Verdict::kTransient);
  EXPECT_EQ(classify(Failure::kTimeout, 0), Verdict::kTransient);
  EXPECT_EQ(classify(Failure::kBroken, 0), Verdict::kTransient);
  EXPECT_EQ(classify(Failure::kResolve, 0), Verdict::kUpstreamWrong);
  EXPECT_EQ(classify(Failure::kCertificate, 0), Verdict::kUpstreamWrong);
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
  answer.message = "no";
  EXPECT_EQ(describe(answer), "401: no") << "its own words, where it has some";
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
  EXPECT_EQ(classify(answer), Verdict::kUpstreamWrong);
  EXPECT_EQ(describe(answer), "415 (api.compression is gzip)");
  answer.status = 400;
  EXPECT_EQ(classify(answer), Verdict::kRecordWrong);
}

}  // namespace
}  // namespace respand::delivery
