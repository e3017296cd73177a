#pragma once
// Reader: takes one key's value from the tree to a type. It replaces ${NAME}, and words every mistake in the same way:
// "KEY: expected WHAT, not 'TEXT'". Used by the types; main thread.

#include <optional>
#include <string>
#include <string_view>

#include "config/node.h"
#include "config/report.h"
#include "config/substitute.h"

namespace respand::config {

class Reader {
 public:
  // All are borrowed; `key` is the path that messages name.
  Reader(const Environment& environment, Report& report, std::string_view key)
      : environment_(environment), report_(report), key_(key) {}

  // The scalar's text. Nothing where the node is no scalar or a replacement failed, which is then reported.
  [[nodiscard]] std::optional<Substituted> scalar(const Node& node, std::string_view expected);
  // Reports that the node is of the wrong kind.
  void wrong_kind(const Node& node, std::string_view expected);
  // Reports that the scalar's text is wrong. `hint`, where not empty, is what was probably meant. `hide`: the text is
  // not shown.
  void wrong_text(const Node& node, const Substituted& scalar, std::string_view expected, std::string_view hint,
                  bool hide);
  // Reports any other mistake.
  void problem(Place place, std::string_view message);

 private:
  const Environment& environment_;
  Report& report_;
  std::string_view key_;
};

}  // namespace respand::config
