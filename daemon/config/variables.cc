#include "config/variables.h"

#include "config/node.h"
#include "config/reader.h"
#include "config/substitute.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

std::optional<Node> node_of(const std::string& text, Report& report) {
  if (text.starts_with('[') || text.starts_with('{')) {
    return parse(text, report);
  }
  Node node;
  node.kind = Node::Kind::kScalar;
  node.quoted = true;
  node.text = escape_dollars(text);
  return node;
}

}  // namespace

std::string variable_of(std::string_view key) {
  std::string name = "RESPAND_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

void read_variable(const Key& key, const Environment& environment, Draft& draft, Written& written, Report& report) {
  const std::string name = variable_of(key.path);
  const auto text = environment.variable(name);
  if (!text || text->empty()) {
    return;
  }
  Report own("environment");
  const auto node = node_of(*text, own);
  const std::size_t of_the_text = own.problem_count();  // these do not say which variable it is
  Reader reader(environment, own, name);
  if (node && own.problem_count() == 0 && key.read(*node, reader, draft)) {
    written.places[key.path] = {};
    written.literal.erase(key.path);
    written.wrong.erase(key.path);
  }
  if (own.problem_count() > 0) {
    written.wrong.insert(key.path);
  }
  // Places are within the variable, which is one line: its name says enough.
  for (std::size_t i = 0; i < own.problem_count(); ++i) {
    const std::string& message = own.problems()[i].message;
    report.environment_problem(i < of_the_text ? cat(name, ": ", message) : message);
  }
}

}  // namespace respand::config
