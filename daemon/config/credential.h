#pragma once
// Finds the API key and the keys of applications. No message here holds a key, or a text that was tried as one. Used by
// load.cc.

#include "config/keys.h"
#include "config/report.h"
#include "config/written.h"

namespace respand::config {

// Sets api.key and api.key_origin of the draft from api_key_file or api_key, else
// $CREDENTIALS_DIRECTORY/respan_api_key, else $RESPAN_API_KEY, else kDefaultKeyFile. The first of these that exists
// counts, and must be a good key.
void find_key(Draft& draft, const Written& written, const Environment& environment, Report& report);

// Reads the files of api.keys and http.token_file.
void find_named_keys(Draft& draft, const Written& written, const Environment& environment, Report& report);

}  // namespace respand::config
