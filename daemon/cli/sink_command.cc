// `respand sink`: runs the stand-in for the API until a signal ends it.

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/text.h"
#include "sink/sink.h"

namespace respand::cli {
namespace {

struct SinkArguments {
  sink::Options options;
  std::vector<std::string> fail;
  std::string delay;
  std::string retry_after;
  std::string limit_headers = "none";
  std::vector<std::string> rates;
  std::vector<std::string> windows;
  std::vector<std::string> sliding_windows;
  std::string batch = "results";
  std::string hang;  // a probability; the flag alone: 1
  bool print = false;
};

CLI::ValidationError bad(const std::string& option, const Error& error) {
  return CLI::ValidationError(option, error.message);
}

void add_limit(sink::Rules& rules, const std::string& option, const Result<sink::RateLimit>& limit) {
  if (!limit) {
    throw bad(option, limit.error());
  }
  rules.limits.push_back(*limit);
}

void read_limits(const SinkArguments& given, sink::Rules& rules) {
  for (const std::string& text : given.rates) {
    add_limit(rules, "--rate", sink::parse_rate(text));
  }
  for (const std::string& text : given.windows) {
    add_limit(rules, "--window", sink::parse_window(text, sink::RateLimit::Kind::kFixedWindow));
  }
  for (const std::string& text : given.sliding_windows) {
    add_limit(rules, "--sliding-window", sink::parse_window(text, sink::RateLimit::Kind::kSlidingWindow));
  }
  if (!given.retry_after.empty()) {
    if (const auto read = sink::parse_retry_after(given.retry_after, rules); !read) {
      throw bad("--retry-after", read.error());
    }
  }
  const auto headers = sink::parse_limit_headers(given.limit_headers);
  if (!headers) {
    throw bad("--limit-headers", headers.error());
  }
  rules.limit_headers = *headers;
}

// Reads the rules from the command line; throws CLI11's error, as a validator does.
void read_rules(SinkArguments& given) {
  sink::Rules& rules = given.options.rules;
  for (const std::string& text : given.fail) {
    auto rule = sink::parse_fail(text);
    if (!rule) {
      throw bad("--fail", rule.error());
    }
    rules.fail.push_back(*rule);
  }
  if (!given.hang.empty()) {
    auto rule = sink::parse_fail(cat("hang:", given.hang));
    if (!rule) {
      throw bad("--hang", rule.error());
    }
    rules.fail.push_back(*rule);
  }
  if (const auto fits = sink::check(rules); !fits) {
    throw bad("--fail", fits.error());
  }
  auto batch = sink::parse_batch(given.batch);
  if (!batch) {
    throw bad("--batch", batch.error());
  }
  rules.batch = *batch;
  if (!given.delay.empty()) {
    if (const auto read = sink::parse_delay(given.delay, rules); !read) {
      throw bad("--delay", read.error());
    }
  }
  read_limits(given, rules);
  if (const auto listen = sink::parse_listen(given.options.listen); !listen) {
    throw bad("--listen", listen.error());
  }
}

int run_sink(SinkArguments& given) {
  given.options.print_fd = given.print ? 1 : -1;
  given.options.stop_on_signals = true;
  std::signal(SIGPIPE, SIG_IGN);  // The reader of the printed lines may go away.
  auto opened = sink::Sink::open(given.options);
  if (!opened) {
    std::cerr << "respand sink: " << opened.error().message << '\n';
    return kFailed;
  }
  const std::string& listen = given.options.listen;
  std::cerr << "respand sink: listening on http://" << listen.substr(0, listen.rfind(':')) << ':' << (*opened)->port()
            << "/api" << std::endl;
  (*opened)->run();
  std::cerr << "respand sink: " << sink::summary((*opened)->stats()) << std::flush;
  return kDone;
}

}  // namespace

void add_sink_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("sink", "A local stand-in for the Respan API: takes records, fails as told, counts");
  auto given = std::make_shared<SinkArguments>();
  sink::Options& options = given->options;
  sink::Rules& rules = options.rules;
  command->add_option("--listen", options.listen, "Where to listen; port 0 picks one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command->add_flag("--print", given->print, "One line a request on stdout");
  command->add_option("--record", options.record_file, "Append each record taken to this file, one a line")
      ->type_name("FILE");
  command
      ->add_option("--fail", given->fail,
                   "What fails and how often: a status, reset, close (without an answer), half (of an answer) or hang; "
                   "may be repeated, e.g. --fail 503:0.2 --fail reset:0.1")
      ->type_name("WHAT[:PROBABILITY]")
      ->allow_extra_args(false);
  command->add_option("--delay", given->delay, "Wait before each answer, e.g. 50ms or 20ms..80ms")
      ->type_name("TIME[..TIME]");
  command->add_option("--hang", given->hang, "Never answer, or with this probability")
      ->type_name("[PROBABILITY]")
      ->expected(0, 1)
      ->default_str("1");
  command->add_flag("--close", rules.close, "Close the connection after each answer");
  command
      ->add_option(
          "--retry-after", given->retry_after,
          "Tell this with each 429 and 503: seconds, in the header and a 429's body; reset: until a request is "
          "taken again; date:5 or date:reset: the header as a date; json:5 or json:reset: in the body alone; none")
      ->type_name("[date:|json:]SECONDS|reset");
  auto* const headers =
      command
          ->add_option(
              "--limit-headers", given->limit_headers,
              "Tell with each answer what is left of the limits: ratelimit (RateLimit and RateLimit-Policy) or "
              "x-ratelimit (X-RateLimit-Limit, -Remaining, -Reset); none")
          ->type_name("WHICH");
  command->add_option("--key", rules.key, "The API key to ask for; others get 401")->type_name("KEY");
  command->add_option("--refuse", rules.refuse, "Records that have this text get 422, by themselves and in a batch")
      ->type_name("TEXT");
  auto* const batch =
      command
          ->add_option("--batch", given->batch,
                       "How a batch is answered: results, counts, whole (taken or refused as one), none (404)")
          ->capture_default_str()
          ->type_name("HOW");
  command->add_option("--seed", options.seed, "Makes what --fail and --delay draw the same each time")->type_name("N");
  command
      ->add_option("--concurrency", rules.concurrency,
                   "A capacity: more requests than this at once get 429, without delay")
      ->type_name("N");
  command
      ->add_option("--rate", given->rates,
                   "More requests than this get 429, without delay; 300/s:30 is a token bucket that fills at 300 a "
                   "second and holds 30, 300/s (or 300) is 300 in each second; s, m, h or a time such as 10s; may be "
                   "repeated, and with a window: all of them hold")
      ->type_name("N[/TIME[:BURST]]")
      ->allow_extra_args(false);
  command
      ->add_option("--window", given->windows,
                   "More requests than this in each of the windows that follow one another get 429, e.g. 1000/10s")
      ->type_name("N/TIME")
      ->allow_extra_args(false);
  command
      ->add_option("--sliding-window", given->sliding_windows,
                   "More requests than this in any such time get 429, e.g. 1000/10s")
      ->type_name("N/TIME")
      ->allow_extra_args(false);
  add_values(*headers, "ratelimit,x-ratelimit");
  add_values(*batch, "results,counts,whole,none");
  command->callback([given, &exit_status] {
    read_rules(*given);
    exit_status = run_sink(*given);
  });
}

}  // namespace respand::cli
