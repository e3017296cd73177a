// What an edge says of a stream that is not as it needs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

using testing::HasSubstr;

class EdgeStream : public testing::Test {
 protected:
  EdgeWorld world_;
};

// Nobody answers, and the cluster says why: that is no lack of servers.
TEST_F(EdgeStream, ThatIsNotThereOrHasOtherSubjectsIsSaid) {
  const auto nobody_answers = [this] {
    for (const ScriptedClient::Request& request : world_.publications()) {
      world_.client->answer(request.id, nats::ReplyResult::kNoResponders);
    }
    world_.step();
  };
  world_.stream.missing = true;
  world_.boot();
  world_.learn();
  EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kNoStream) << "before there is anything to publish";
  EXPECT_EQ(world_.edge->state().why, "there is no such stream");
  world_.journal.add_many(3);
  world_.linger();
  nobody_answers();
  EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kNoStream);
  world_.stream.missing = false;
  world_.stream.subjects = R"(["other.>"])";
  world_.clock.advance(StreamWatch::kInterval);
  world_.step();
  nobody_answers();
  EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kNoStream);
  EXPECT_THAT(world_.edge->state().why, HasSubstr("respand.web-1"));
  world_.stream.subjects = R"(["respand.>"])";
  world_.finish();
  EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kNone);
}

TEST_F(EdgeStream, ThatRemovesOrDoesNotAcknowledgeIsSaid) {
  world_.stream.more = R"("max_msgs_per_subject":3,"no_ack":true,)";
  world_.boot();
  world_.learn();
  EXPECT_THAT(world_.edge->state().unmet, HasSubstr("max_msgs_per_subject"));
  EXPECT_THAT(world_.edge->state().unmet, HasSubstr("no_ack"));
  world_.stream.more = R"("max_msgs_per_subject":3,"discard_new_per_subject":true,)";
  world_.clock.advance(StreamWatch::kInterval);
  world_.step();
  world_.learn();
  EXPECT_EQ(world_.edge->state().unmet, "");
}

}  // namespace
}  // namespace respand::fleet
