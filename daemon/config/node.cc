#include "config/node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "respand/base/text.h"

namespace respand::config {
namespace {

// The place of a mark. yaml-cpp counts bytes from 0; people and editors count characters from 1.
Place place_of(const YAML::Mark& mark, std::string_view yaml) {
  if (mark.is_null()) {
    return {};
  }
  const auto line_start = static_cast<std::size_t>(std::max(0, mark.pos - mark.column));
  const std::string_view before = yaml.substr(std::min(line_start, yaml.size()), static_cast<std::size_t>(mark.column));
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return {mark.line + 1, static_cast<int>(characters) + 1};
}

// Builds the tree from yaml-cpp's events, so that nothing of yaml-cpp's own tree is ever made. Where a limit is passed
// it stops yaml-cpp with an exception, which parse() catches.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view yaml, Report& report) : yaml_(yaml), report_(report) {}
  [[nodiscard]] Node take_root() { return std::move(root_); }
  [[nodiscard]] Place last_place() const { return last_place_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      throw YAML::ParserException(mark, "a second document begins here, but a configuration is one");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    attach(make(mark, "", anchor, Node::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    attach(make(mark, "", anchor, Node::Kind::kNull));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Node node = make(mark, tag, anchor, Node::Kind::kScalar);
    node.quoted = tag == "!";
    node.text = text;
    attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(make(mark, tag, anchor, Node::Kind::kList), mark);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(make(mark, tag, anchor, Node::Kind::kMap), mark);
  }
  void OnMapEnd() override { end(); }

 private:
  Node make(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (++nodes_ > kMaxNodes) {
      throw YAML::ParserException(mark, cat("more than ", kMaxNodes, " values"));
    }
    Node node;
    node.kind = kind;
    node.place = place_of(mark, yaml_);
    last_place_ = node.place;
    if (anchor != YAML::NullAnchor) {
      report_.problem(node.place, "anchors and aliases (& and *) are not supported: write the value itself");
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      report_.problem(node.place, "tags (!name) are not supported: write the value alone, in quotes where it is text");
    }
    return node;
  }

  void begin(Node node, const YAML::Mark& mark) {
    if (open_.size() == kMaxDepth) {
      throw YAML::ParserException(mark, cat("nested more than ", kMaxDepth, " deep"));
    }
    open_.push_back(std::move(node));
  }
  void end() {
    Node node = std::move(open_.back());
    open_.pop_back();
    attach(std::move(node));
  }
  void attach(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& parent = open_.back();
    const bool is_key = parent.kind == Node::Kind::kMap && parent.keys.size() == parent.items.size();
    if (!is_key && parent.kind == Node::Kind::kMap && node.kind == Node::Kind::kNull) {
      node.place = parent.keys.back().place;  // yaml-cpp names the next token, which may be lines below
    }
    (is_key ? parent.keys : parent.items).push_back(std::move(node));
  }

  std::string_view yaml_;
  Report& report_;
  Node root_;
  Place last_place_;        // of the value that came last
  std::vector<Node> open_;  // collections begun and not ended, outermost first
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// Reports what yaml-cpp would accept in silence or explain badly: bytes that are not UTF-8 text, and tabs that indent.
void check_lines(std::string_view yaml, Report& report) {
  for (int line = 1; !yaml.empty(); ++line) {
    const std::size_t end = yaml.find('\n');
    std::string text(yaml.substr(0, end));
    yaml.remove_prefix(end == std::string_view::npos ? yaml.size() : end + 1);
    if (text.ends_with('\r')) {
      text.pop_back();
    }
    const std::size_t content = text.find_first_not_of(" \t");
    const std::size_t tab = text.find('\t');
    if (content != std::string::npos && tab < content && text[content] != '#') {
      report.problem({line, static_cast<int>(tab) + 1}, "a tab indents this line: YAML takes spaces only");
    }
    std::replace(text.begin(), text.end(), '\t', ' ');
    const std::string clean = printable(text, text.size());
    const auto bad = std::mismatch(text.begin(), text.end(), clean.begin(), clean.end()).first;
    if (bad != text.end()) {
      const auto column = std::count_if(text.begin(), bad, [](char c) { return (c & 0xC0) != 0x80; }) + 1;
      report.problem({line, static_cast<int>(column)}, "a control character, or a byte that is not UTF-8");
    }
  }
}

// `last` is where the last value before the mistake begins.
void report_syntax(const YAML::Exception& mistake, Place last, std::string_view yaml, Report& report) {
  // Behind ": " yaml-cpp quotes the text, which may be an API key: that part is cut off.
  std::string message = cat("not valid YAML: ", mistake.msg.substr(0, mistake.msg.find(": ")));
  const bool at_end = mistake.mark.pos >= 0 && static_cast<std::size_t>(mistake.mark.pos) >= yaml.size();
  if (at_end) {
    message += " (a quote or bracket after this has no end?)";
  }
  if (yaml.find("${") != std::string_view::npos) {
    message += " (inside { } and [ ], ${NAME} needs quotes)";
  }
  report.problem(at_end ? last : place_of(mistake.mark, yaml), std::move(message));
}

bool within_limits(std::string_view yaml, Report& report) {
  if (yaml.size() > kMaxText) {
    report.problem({}, cat("larger than ", to_text(Bytes{kMaxText}), ": not a configuration"));
    return false;
  }
  const auto marks = std::count_if(yaml.begin(), yaml.end(), [](char c) { return c == '[' || c == '{' || c == ','; });
  if (static_cast<std::size_t>(marks) > kMaxFlowMarks) {
    report.problem({}, cat("more than ", kMaxFlowMarks, " brackets and commas: not a configuration"));
    return false;
  }
  return true;
}

}  // namespace

const Node* member(const Node& map, std::string_view name) {
  for (std::size_t i = 0; map.kind == Node::Kind::kMap && i < map.keys.size(); ++i) {
    if (map.keys[i].text == name) {
      return &map.items[i];
    }
  }
  return nullptr;
}

std::string_view name_of(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return "text";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

std::optional<Node> parse(std::string_view yaml, Report& report) {
  if (yaml.starts_with("\xEF\xBB\xBF")) {
    yaml.remove_prefix(3);
  }
  if (!within_limits(yaml, report)) {
    return std::nullopt;
  }
  const std::size_t before = report.problem_count();
  check_lines(yaml, report);
  if (report.problem_count() != before) {
    return std::nullopt;
  }
  Builder builder(yaml, report);
  try {
    // yaml-cpp 0.7 takes a quote that is never closed as closed at the end of the file, where that ends in white space.
    std::istringstream stream(cat(yaml, "\n#"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& mistake) {
    report_syntax(mistake, builder.last_place(), yaml, report);
    return std::nullopt;
  }
  return builder.take_root();
}

}  // namespace respand::config
