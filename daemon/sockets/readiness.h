#pragma once
// Whether records can be taken, as the HTTP input answers it for GET /readyz and /readyz/intake. Made by app; a value.

#include <string>

namespace respand::sockets {

struct Readiness {
  bool ready = true;             // decides between 200 and 503
  std::string text = "ready\n";  // for people: "ready", or a line for each reason why not
};

}  // namespace respand::sockets
