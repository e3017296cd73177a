#include "app/process_resources.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <cstdlib>

namespace respand::app {
namespace {

TEST(ProcessResources, SecretsLeaveNeitherByACoreFileNorByAKeyLog) {
  ::setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
  keep_secrets();
  EXPECT_EQ(std::getenv("SSLKEYLOGFILE"), nullptr);
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

}  // namespace
}  // namespace respand::app
