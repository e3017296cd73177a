// JSON Schema fragments for values that are lists or maps.

#include <limits>

#include "config/budgets.h"
#include "config/lists.h"
#include "config/schema.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

std::string list_of(const std::string& item) { return schema::list_of(schema::or_variable(item)); }

}  // namespace

std::string Ids::schema() { return list_of(schema::whole_number(0, std::numeric_limits<std::uint32_t>::max() - 1)); }
std::string StatusCodes::schema() { return list_of(schema::whole_number(kLeast, kMost)); }
std::string Additions::schema() {
  return list_of(schema::one_of({"timestamp", "custom_identifier", "generation_time", "cost"}));
}
std::string Detectors::schema() { return list_of(schema::one_of({"email", "api_key", "bearer", "credit_card"})); }
std::string Pointers::schema() { return list_of(schema::text("^/")); }
std::string HostNames::schema() { return list_of(schema::text_or_number({})); }
std::string OtherRoutes::schema() { return list_of(schema::text("^v(1/logs|2/logs|1/metrics)$")); }
std::string Origins::schema() { return list_of(schema::text("://")); }
std::string AttributePatterns::schema() { return list_of(schema::text_or_number({})); }
std::string Dimensions::schema() { return list_of(schema::text("^(/|host$)")); }
std::string PathList::schema() { return schema::any_of({schema::text("^/"), list_of(schema::text("^/"))}); }
std::string Fields::schema() { return R"({"type":"object"})"; }

std::string Budgets::schema() {
  const std::string name = schema::or_variable(schema::text_or_number({}));
  return schema::list_of(
      cat(R"({"type":"object","additionalProperties":false,"required":["per","usd"],"properties":{)",
          R"("match":{"type":["object","null"],"additionalProperties":false,"properties":{"model":)", name,
          R"(,"provider":)", name, R"(,"customer":)", name, R"(,"environment":)", name, R"(}},"per":)",
          schema::or_variable(schema::one_of({"hour", "day", "month"})), R"(,"usd":)",
          schema::or_variable(schema::any_of({R"({"type":"number","minimum":0})", schema::text("^[0-9.]+$")})), "}}"));
}

}  // namespace respand::config
