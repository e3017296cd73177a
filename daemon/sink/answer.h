#pragma once
// The bytes of the sink's answers, in the words of the Respan API. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "sink/script.h"

namespace respand::sink {

// How an answer ends.
struct Ending {
  bool close = false;  // say Connection: close
  bool head = false;   // a HEAD request: no body
};

// Appends the answer of `verdict` to `out`.
void put_answer(std::string& out, const Verdict& verdict, Ending ending);
// Appends the first half of it.
void put_half_answer(std::string& out, const Verdict& verdict, Ending ending);
// Appends a 200 with this JSON body.
void put_json(std::string& out, std::string_view json, Ending ending);

}  // namespace respand::sink
