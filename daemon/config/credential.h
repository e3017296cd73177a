#pragma once
// Where the API key comes from. Nothing here puts a key, or what was tried as one, into a message. Used by load.cc.

#include "config/keys.h"
#include "config/report.h"
#include "config/written.h"

namespace respand::config {

// Sets api.key and api.key_origin of the draft from api_key_file or api_key, else
// $CREDENTIALS_DIRECTORY/respan_api_key, else $RESPAN_API_KEY, else kDefaultKeyFile: the
// first that is there counts, and must be good.
void find_key(Draft& draft, const Written& written, const Environment& environment, Report& report);

// Reads the files of api.keys and http.token_file.
void find_named_keys(Draft& draft, const Written& written, const Environment& environment, Report& report);

}  // namespace respand::config
