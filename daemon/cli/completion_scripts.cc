#include "cli/completion_scripts.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <vector>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

// What kind of value an option or a command takes.
struct Takes {
  bool something = false;
  bool files = false;
  std::vector<std::string> values;
};

struct OptionEntry {
  std::vector<std::string> names;  // with their dashes
  std::string about;
  Takes takes;
};

struct Entry {
  std::string path;                                           // "dead-letters list"; empty: the program
  std::vector<std::pair<std::string, std::string>> commands;  // name and what it does
  std::vector<OptionEntry> options;
  Takes words;  // what stands behind it without an option
};

// "WHAT:{a,b}" holds the values.
Takes takes_of(const CLI::Option& option) {
  Takes takes;
  takes.something = option.get_items_expected_max() > 0;
  const std::string type = option.get_type_name();
  takes.files = type.starts_with("FILE") || type.starts_with("PATH") || type.starts_with("DIR");
  const std::size_t open = type.find('{');
  if (open == std::string::npos) {
    return takes;
  }
  std::string_view rest = std::string_view(type).substr(open + 1);
  rest = rest.substr(0, rest.find('}'));
  while (!rest.empty()) {
    const std::string_view value = rest.substr(0, rest.find(','));
    takes.values.emplace_back(value);
    rest.remove_prefix(std::min(rest.size(), value.size() + 1));
  }
  return takes;
}

// The first line, without characters that a quoted text of a shell can't hold.
std::string one_line(std::string text) {
  text = text.substr(0, text.find('\n'));
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '\'' || c == '`' || c == '\\' || c == '$' || c == '"'; }),
             text.end());
  return text;
}

void collect(const CLI::App& command, const std::string& path, std::vector<Entry>& entries) {
  Entry entry;
  entry.path = path;
  for (const CLI::Option* option : command.get_options([](const CLI::Option*) { return true; })) {
    if (!option->nonpositional()) {
      entry.words = takes_of(*option);
      continue;
    }
    OptionEntry out{.names = {}, .about = one_line(option->get_description()), .takes = takes_of(*option)};
    for (const std::string& name : option->get_snames()) {
      out.names.push_back("-" + name);
    }
    for (const std::string& name : option->get_lnames()) {
      out.names.push_back("--" + name);
    }
    entry.options.push_back(std::move(out));
  }
  const std::size_t at = entries.size();
  entries.push_back(std::move(entry));
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (below->get_name().empty()) {  // a group of options
      std::vector<Entry> group;
      collect(*below, path, group);
      auto& options = entries[at].options;
      options.insert(options.end(), group[0].options.begin(), group[0].options.end());
      continue;
    }
    entries[at].commands.emplace_back(below->get_name(), one_line(below->get_description()));
    collect(*below, path.empty() ? below->get_name() : cat(path, " ", below->get_name()), entries);
  }
}

std::vector<Entry> table_of(const CLI::App& app) {
  std::vector<Entry> entries;
  collect(app, "", entries);
  return entries;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    out += cat(out.empty() ? "" : between, word);
  }
  return out;
}

// Shell code that sets `path` to the commands on the line, leaving out options and their values.
std::string all_paths(const std::vector<Entry>& entries) {
  std::string out;
  for (const Entry& entry : entries) {
    out += entry.path.empty() ? std::string() : cat(out.empty() ? "" : " | ", "'", entry.path, "'");
  }
  return out;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::vector<Entry> entries = table_of(app);
  std::string out = cat(
      "# bash completion for respand; made by `respand completion bash`.\n"
      "_respand() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path= values= files= words= i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${path:+$path }${COMP_WORDS[i]}\" in\n      ",
      all_paths(entries), ") path=\"${path:+$path }${COMP_WORDS[i]}\" ;;\n    esac\n  done\n",
      "  case \"$path:$previous\" in\n");
  for (const Entry& entry : entries) {
    for (const OptionEntry& option : entry.options) {
      for (const std::string& name : option.names) {
        if (option.takes.something) {
          out += cat("    '", entry.path, ":", name, "') values='", joined(option.takes.values, " "),
                     "' files=", option.takes.files ? "yes" : "no", " ;;\n");
        }
      }
    }
  }
  out +=
      "  esac\n"
      "  if [[ -n $files ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
      "    [[ $files == yes ]] && COMPREPLY+=($(compgen -f -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$path\" in\n";
  for (const Entry& entry : entries) {
    std::vector<std::string> words;
    for (const auto& [name, about] : entry.commands) {
      words.push_back(name);
    }
    for (const OptionEntry& option : entry.options) {
      words.insert(words.end(), option.names.begin(), option.names.end());
    }
    words.insert(words.end(), entry.words.values.begin(), entry.words.values.end());
    out +=
        cat("    '", entry.path, "') words='", joined(words, " "), "'", entry.words.files ? " files=yes" : "", " ;;\n");
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  if [[ -n $files && $word != -* ]]; then\n"
         "    COMPREPLY+=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _respand respand\n";
}

std::string zsh_completion(const CLI::App& app) {
  const std::vector<Entry> entries = table_of(app);
  std::string out =
      cat("#compdef respand\n"
          "# zsh completion for respand; made by `respand completion zsh`.\n"
          "local at= word\n"
          "local -a described values\n"
          "for word in ${words[2,CURRENT-1]}; do\n"
          "  case \"${at:+$at }$word\" in\n    (",
          all_paths(entries), ") at=\"${at:+$at }$word\" ;;\n  esac\ndone\n", "case \"$at:${words[CURRENT-1]}\" in\n");
  for (const Entry& entry : entries) {
    for (const OptionEntry& option : entry.options) {
      for (const std::string& name : option.names) {
        if (option.takes.something) {
          out += cat("  ('", entry.path, ":", name, "') values=(", joined(option.takes.values, " "),
                     "); (( $#values )) && compadd -a values;", option.takes.files ? " _files;" : "", " return 0 ;;\n");
        }
      }
    }
  }
  out += "esac\ncase \"$at\" in\n";
  for (const Entry& entry : entries) {
    out += cat("  ('", entry.path, "') described=(");
    const auto put = [&out](std::string name, const std::string& about) {
      for (std::size_t colon = 0; (colon = name.find(':', colon)) != std::string::npos; colon += 2) {
        name.insert(colon, 1, '\\');
      }
      out += cat("\n    '", name, ":", about, "'");
    };
    for (const auto& [name, about] : entry.commands) {
      put(name, about);
    }
    for (const OptionEntry& option : entry.options) {
      for (const std::string& name : option.names) {
        put(name, option.about);
      }
    }
    for (const std::string& value : entry.words.values) {
      put(value, "");
    }
    out += cat(")", entry.words.files ? "; [[ $PREFIX != -* ]] && _files" : "", " ;;\n");
  }
  return out + "esac\n_describe -t words respand described\nreturn 0\n";
}

std::string fish_completion(const CLI::App& app) {
  const std::vector<Entry> entries = table_of(app);
  std::string out =
      cat("# fish completion for respand; made by `respand completion fish`.\n"
          "function __respand_at\n"
          "  set -l path ''\n"
          "  for word in (commandline -opc)[2..-1]\n"
          "    switch (string trim \"$path $word\")\n      case ");
  for (const Entry& entry : entries) {
    out += entry.path.empty() ? std::string() : cat("'", entry.path, "' ");
  }
  out +=
      "\n        set path (string trim \"$path $word\")\n"
      "    end\n"
      "  end\n"
      "  test \"$path\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c respand -f\n";
  for (const Entry& entry : entries) {
    const std::string at = cat("complete -c respand -n \"__respand_at '", entry.path, "'\"");
    for (const auto& [name, about] : entry.commands) {
      out += cat(at, " -a '", name, "' -d '", about, "'\n");
    }
    if (entry.words.files) {
      out += cat(at, " -F\n");
    }
    if (!entry.words.values.empty()) {
      out += cat(at, " -a '", joined(entry.words.values, " "), "'\n");
    }
    for (const OptionEntry& option : entry.options) {
      out += at;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? cat(" -l ", name.substr(2)) : cat(" -s ", name.substr(1));
      }
      if (option.takes.something) {
        out += cat(" -r", option.takes.files ? " -F" : "",
                   option.takes.values.empty() ? "" : cat(" -a '", joined(option.takes.values, " "), "'"));
      }
      out += cat(" -d '", option.about, "'\n");
    }
  }
  return out;
}

}  // namespace respand::cli
