#include "config/credential.h"

#include <algorithm>
#include <optional>

#include "config/nats.h"
#include "config/types.h"
#include "config/variables.h"
#include "respand/base/text.h"
#include "respand/config/places.h"

namespace respand::config {
namespace {

constexpr std::size_t kLongestKey = 4096;  // servers refuse a header field above 8 KiB; a JWT of 2 KiB is possible

// Whether the text is "RESPAN_API_KEY=…", as in a file of variables. Equals signs at the end alone are base64.
bool has_name_in_front(std::string_view key) {
  const std::size_t equals = key.find('=');
  const auto part_of_name = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return equals != std::string_view::npos && equals > 0 &&
         key.find_first_not_of('=', equals) != std::string_view::npos &&
         std::all_of(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(equals), part_of_name);
}

// What is wrong with a key; empty where it is good. The key becomes a part of an HTTP header. The usual slips come
// first, because their messages say what to do; nothing of the text is quoted.
std::string_view mistake_in(std::string_view key) {
  if (key.starts_with("\xEF\xBB\xBF") || key.starts_with("\xFF\xFE") || key.starts_with("\xFE\xFF")) {
    return "begins with a byte order mark, as some editors put there: it must be the key alone, in plain ASCII";
  }
  if (key.size() > 1 && (key.front() == '"' || key.front() == '\'' || key.front() == '`')) {
    return "stands in quotes: it must be the key alone";
  }
  if (key.starts_with("export ") || has_name_in_front(key)) {
    return "has a name and = in front: it must be the key alone";
  }
  if (key.starts_with("Bearer ")) {
    return "begins with \"Bearer\": it must be the key alone";
  }
  if (key.empty()) {
    return "is empty";
  }
  if (key.size() > kLongestKey) {
    return "is longer than 4096 bytes";
  }
  if (key.find_first_of(" \t\r\n") != std::string_view::npos) {
    return "has white space inside: it must be the key alone, on one line, without \"Bearer\"";
  }
  const bool graphic = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  return graphic ? "" : "holds control characters or letters outside ASCII";
}

using About = Problem::About;

struct Candidate {
  std::string text;
  KeyOrigin origin;
  Place place;  // none for what is not in the file
};

class Search {
 public:
  Search(const Draft& draft, const Written& written, const Environment& environment, Report& report)
      : draft_(draft), written_(written), environment_(environment), report_(report) {}

  // The first key that exists. Nothing where there is none or it can't be read, which is reported.
  std::optional<Candidate> run() {
    if (written_.has("api.api_key_file")) {
      const Place place = written_.place({"api.api_key_file"});
      auto text = environment_.read_file(draft_.api_key_file);
      if (!text) {
        report_.problem(place, cat("api.api_key_file: ", text.error().message), {.code = text.error().code});
        return std::nullopt;
      }
      warn_if_open(draft_.api_key_file, place, "api.api_key_file: every user of this host can read the file");
      return Candidate{std::move(*text), {KeyOrigin::Kind::kFile, draft_.api_key_file}, place};
    }
    if (written_.has("api.api_key")) {
      const Place place = written_.place({"api.api_key"});
      if (written_.literal.contains("api.api_key")) {
        warn_if_open(report_.file(place), place,
                     "api.api_key: every user of this host can read this file and the key in it");
      }
      const KeyOrigin origin = place.line == 0 ? KeyOrigin{KeyOrigin::Kind::kEnvironment, variable_of("api.api_key")}
                                               : KeyOrigin{KeyOrigin::Kind::kConfiguration, report_.file(place)};
      return Candidate{draft_.api_key.reveal(), origin, place};
    }
    return outside_the_file();
  }

 private:
  void warn_if_open(const std::string& path, Place place, std::string_view message) {
    if (environment_.readable_by_all && environment_.readable_by_all(path)) {
      report_.warning(place, std::string(message), {.about = About::kExposedSecret});
    }
  }
  std::optional<Candidate> outside_the_file() {
    if (const auto directory = environment_.variable("CREDENTIALS_DIRECTORY"); directory && !directory->empty()) {
      const std::string path = cat(*directory, "/respan_api_key");
      auto text = environment_.read_file(path);
      const bool empty = text && text->find_first_not_of(" \t\r\n") == std::string::npos;
      if (text && !empty) {  // The unit gives an empty credential where the file did not exist at the service's start.
        return Candidate{std::move(*text), {KeyOrigin::Kind::kCredential, path}, {}};
      }
      if (!text && text.error().code != ErrorCode::kNotFound) {
        report_.environment_problem(cat("CREDENTIALS_DIRECTORY: ", text.error().message), {.code = text.error().code});
        return std::nullopt;
      }
    }
    if (auto text = environment_.variable("RESPAN_API_KEY")) {
      return Candidate{std::move(*text), {KeyOrigin::Kind::kEnvironment, "RESPAN_API_KEY"}, {}};
    }
    if (auto text = environment_.read_file(kDefaultKeyFile); text) {
      warn_if_open(kDefaultKeyFile, {}, cat(kDefaultKeyFile, ": every user of this host can read it"));
      return Candidate{std::move(*text), {KeyOrigin::Kind::kFile, kDefaultKeyFile}, {}};
    } else if (text.error().code != ErrorCode::kNotFound) {
      report_.problem({},
                      cat("no API key: ", text.error().message,
                          "; where systemd runs respand it hands the key over at the next start, else try with sudo"),
                      {.about = About::kKey, .code = text.error().code});
      return std::nullopt;
    }
    report_.problem({},
                    "no API key: put it into /etc/respand/api_key where systemd runs respand (its credential "
                    "respan_api_key), or set api.api_key_file, or api.api_key to ${RESPAN_API_KEY}, or the environment "
                    "variable RESPAN_API_KEY",
                    {.about = About::kKey});
    return std::nullopt;
  }

  const Draft& draft_;
  const Written& written_;
  const Environment& environment_;
  Report& report_;
};

}  // namespace

void find_key(Draft& draft, const Written& written, const Environment& environment, Report& report) {
  if (written.has("api.api_key_file") && written.has("api.api_key")) {
    report.problem(written.place({"api.api_key"}), "api.api_key and api.api_key_file are both set: leave one out");
    return;
  }
  if (draft.destination == Destination::kNats) {
    return;  // an edge posts nothing: the key belongs to the relays
  }
  if (written.wrong.contains("api.api_key_file") || written.wrong.contains("api.api_key")) {
    return;
  }
  auto found = Search(draft, written, environment, report).run();
  if (!found) {
    return;
  }
  found->text.erase(found->text.find_last_not_of(" \t\r\n") + 1);
  if (const auto mistake = mistake_in(found->text); !mistake.empty()) {
    report.problem(found->place, cat("the API key (", found->origin.to_string(), ") ", mistake),
                   {.about = About::kKey});
    return;
  }
  if (found->text == kMaskedKey) {
    report.warning(found->place,
                   cat("the API key (", found->origin.to_string(), ") is the mask of a printed configuration"));
  }
  draft.api.key = Secret(std::move(found->text));
  draft.api.key_origin = std::move(found->origin);
}

namespace {

// The key or the token that a file holds. Empty where it holds none, which is reported; `what`: "api.keys.prod".
Secret secret_in(const std::string& file, std::string_view what, Place place, const Environment& environment,
                 Report& report) {
  auto text = environment.read_file(file);
  if (!text) {
    report.problem(place, cat(what, ": ", text.error().message), {.code = text.error().code});
    return {};
  }
  if (environment.readable_by_all && environment.readable_by_all(file)) {
    report.warning(place, cat(what, ": every user of this host can read the file"), {.about = About::kExposedSecret});
  }
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (const auto mistake = mistake_in(*text); !mistake.empty()) {
    report.problem(place, cat(what, " (file ", file, ") ", mistake));
    return {};
  }
  return Secret(std::move(*text));
}

}  // namespace

void find_named_keys(Draft& draft, const Written& written, const Environment& environment, Report& report) {
  const Place place = written.place({"api.keys"});
  for (auto key = draft.api.keys.begin(); key != draft.api.keys.end(); ++key) {
    const std::string what = cat("api.keys.", key->name);
    key->key = secret_in(key->file, what, place, environment, report);
    const auto same =
        std::find_if(draft.api.keys.begin(), key, [&key](const NamedKey& other) { return other.key == key->key; });
    if (!key->key.empty() && same != key) {
      report.problem(place, cat(what, " holds the same key as api.keys.", same->name,
                                ": a request with it could be meant for either"));
    }
  }
  if (!draft.http.token_file.empty()) {
    draft.http.token =
        secret_in(draft.http.token_file, "http.token_file", written.place({"http.token_file"}), environment, report);
  }
}

namespace {

// The file that api_key was read from; empty where it was no file.
std::string file_of_key(const Config& config) {
  const KeyOrigin& origin = config.api.key_origin;
  return origin.kind == KeyOrigin::Kind::kFile ? origin.place : std::string();
}

}  // namespace

std::vector<std::string> key_files(const Config& config) {
  std::vector<std::string> files;
  if (std::string file = file_of_key(config); !file.empty()) {
    files.push_back(std::move(file));
  }
  for (const NamedKey& key : config.api.keys) {
    files.push_back(key.file);
  }
  if (!config.http.token_file.empty()) {
    files.push_back(config.http.token_file);
  }
  for (const std::string& file : {config.nats.credentials_file, config.nats.nkey_file}) {
    if (!file.empty() && !config.nats.credentials.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

// Reads the files that a loaded configuration names, and nothing else: the rest of the configuration stays as it is.
Reread reread_keys(const Config& now, const Environment& environment) {
  Draft draft;
  static_cast<Config&>(draft) = now;
  Report report("key files");
  if (const std::string file = file_of_key(now); !file.empty()) {
    draft.api.key = secret_in(file, "the API key", {}, environment, report);
  }
  find_named_keys(draft, {}, environment, report);
  find_nats_credentials(draft, {}, environment, report);
  Reread out;
  out.problems = std::move(report.problems());
  if (out.problems.empty() && static_cast<const Config&>(draft) != now) {
    out.config = std::move(static_cast<Config&>(draft));
  }
  return out;
}

}  // namespace respand::config
