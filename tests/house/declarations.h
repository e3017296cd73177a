#pragma once
// What a header declares, as a small lexer finds it that knows no compiler: good enough for code in this project's
// layout. For the rules about sizes and comments in this folder.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respand::house {

// The text with its comments and lines of the preprocessor blanked and each literal as quotes; as long as before, with
// the same lines. Raw literals are not known: headers have none.
[[nodiscard]] std::string bare(std::string_view text);

// One declaration at the scope of a namespace or a class.
struct Declaration {
  std::string head;        // one line, without its body and what stands in brackets: "void f() const"
  std::string code;        // the same with brackets, as bare() has it
  std::string scope;       // the class around it, with those around that: "Journal::Progress"; empty: a namespace
  bool is_hidden = false;  // private or protected, or in something that is, or in a namespace `detail`
  bool is_class = false;   // a class, struct or union with its members
  bool is_member = false;  // a function or a datum of a class: what counts for its size
  std::size_t first = 0;   // its lines, from 1: of its first word,
  std::size_t last = 0;    // of its semicolon or the brace that opens its body,
  std::size_t end = 0;     // and of its end
};

struct ClassSize {
  std::string name;  // with those around it: "Journal::Progress"
  std::size_t members = 0;
};

struct Declarations {
  std::vector<Declaration> all;    // in the order in which they begin
  std::vector<ClassSize> classes;  // in the order in which they end
};
[[nodiscard]] Declarations declarations_in(std::string_view header);

// Whether `text` has `word`, with no letter, digit or '_' on either side.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);

}  // namespace respand::house
