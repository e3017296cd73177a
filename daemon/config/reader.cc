#include "config/reader.h"

#include "respand/base/text.h"

namespace respand::config {
namespace {}  // namespace

std::optional<Substituted> Reader::scalar(const Node& node, std::string_view expected) {
  if (node.kind != Node::Kind::kScalar) {
    wrong_kind(node, expected);
    return std::nullopt;
  }
  auto replaced = substitute(node.text, environment_);
  if (!replaced) {
    problem(node.place, replaced.error().message);
    return std::nullopt;
  }
  return std::move(*replaced);
}

void Reader::wrong_kind(const Node& node, std::string_view expected) {
  problem(node.place, cat("expected ", expected, ", not ", name_of(node.kind)));
}

void Reader::wrong_text(const Node& node, const Substituted& scalar, std::string_view expected, std::string_view hint,
                        bool hide) {
  std::string message = cat("expected ", expected);
  if (scalar.replaced && !hide) {
    // A value from the environment may be a secret that got into the wrong place: the reference is shown, not the
    // value.
    message += cat(", not what '", printable(node.text, kMostShown), "' stands for");
  } else if (!hide) {
    message += cat(", not '", printable(node.text, kMostShown), "'");
    message += hint.empty() ? "" : cat(": write ", hint);
  } else if (!scalar.replaced && !hint.empty()) {
    message += cat(", without the password in it: write ", hint);
  }
  problem(node.place, message);
}

void Reader::problem(Place place, std::string_view message) { report_.problem(place, cat(key_, ": ", message)); }

}  // namespace respand::config
