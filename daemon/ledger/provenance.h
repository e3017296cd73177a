#pragma once
// Provenance: whose ledger a file is, so that reports of many hosts do not count one twice. A table of its own in the
// ledger's file, younger than the others: the schema version stayed, because a respand that does not know the table has
// no use for it. Used by Store and reports; one thread at a time.

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/database.h"
#include "respand/base/result.h"

namespace respand::ledger {

struct Provenance {
  std::uint64_t ledger = 0;  // a random number, drawn when the file was made; 0: it was made before there was one
  std::string host;          // where it was written last; empty: not known
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// What an open ledger says. One that no respand from 0.2 on has opened says nothing.
[[nodiscard]] Result<Provenance> provenance_of(Database& database);
// Gives the ledger a number, if it has none.
[[nodiscard]] Status add_provenance(Database& database);
// Remembers the host. Requires: add_provenance().
[[nodiscard]] Status set_host(Database& database, std::string_view host);

}  // namespace respand::ledger
