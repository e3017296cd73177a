// The trial of simdjson for the record stage (docs/decisions/0016): its DOM parser and a walk with its on-demand
// parser, which check a record as a whole, its index of structural characters alone, and its on-demand parser as it is
// meant, which checks what is asked for; against DocumentWalk, which checks as a whole and tells of every token, and
// RecordParser, which also finds the fields. Built where libsimdjson-dev is installed. Bytes per second of the record's
// own bytes.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "record/document_walk.h"
#include "respand/json/scan.h"
#include "respand/record/record_parser.h"
#include "tests/record/samples.h"

namespace respand::record {
namespace {

std::string sample(std::int64_t size) {
  return size < 2000 ? usual_record() : long_record(static_cast<std::size_t>(size));
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

// Checks the whole record and finds some sixty fields in it.
void record_parser(benchmark::State& state) {
  const std::string text = sample(state.range(0));
  RecordParser parser;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.parse(text));
  }
  count(state, text.size());
}

struct TokenCount {
  std::size_t bytes = 0;
  void name(std::string_view token, bool) { bytes += token.size(); }
  void scalar(std::string_view token, bool) { bytes += token.size(); }
  void open(std::size_t, bool) { ++bytes; }
  void close(std::size_t, bool) { ++bytes; }
};

// Checks the whole record and tells of every token, with its place.
void document_walk(benchmark::State& state) {
  const std::string text = sample(state.range(0));
  DocumentWalk walk(kMaxDepth);
  TokenCount tokens;
  for (auto _ : state) {
    if (!walk.run(text, tokens)) {
      state.SkipWithError("the sample does not parse");
      break;
    }
  }
  benchmark::DoNotOptimize(tokens.bytes);
  count(state, text.size());
}

// Where structural characters and values begin, UTF-8 and control characters checked: simdjson's first stage. It needs
// no room behind the text, and would be what a walk of our own goes by.
void simdjson_index(benchmark::State& state) {
  const std::string text = sample(state.range(0));
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(text.size(), kMaxDepth, parser) !=
      simdjson::SUCCESS) {
    state.SkipWithError("no memory for the index");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                            simdjson::stage1_mode::regular));
  }
  count(state, text.size());
}

// Checks the whole record and finds nothing. The text is padded already, which a frame in a socket's buffer is not.
void simdjson_dom(benchmark::State& state) {
  const simdjson::padded_string text(sample(state.range(0)));
  simdjson::dom::parser parser;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.parse(text).error());
  }
  count(state, text.size());
}

// Goes over the members of the outermost object and of `usage`, takes the texts of those that a cost needs, and checks
// nothing else.
void simdjson_on_demand(benchmark::State& state) {
  const simdjson::padded_string text(sample(state.range(0)));
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    std::size_t found = 0;
    simdjson::ondemand::document document;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS) {
      state.SkipWithError("the sample does not parse");
      break;
    }
    for (auto field : document.get_object()) {
      std::string_view name;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS) {
        break;
      }
      if (name == "usage") {
        for (auto token_count : field.value().get_object()) {
          found += token_count.key().error() == simdjson::SUCCESS ? 1U : 0U;
        }
      } else if (name == "model" || name == "cost" || name == "generation_time" || name == "customer_params" ||
                 name == "timestamp" || name == "provider_id") {
        std::string_view value;
        found += field.value().raw_json_token().get(value) == simdjson::SUCCESS ? value.size() : 0U;
      }
    }
    benchmark::DoNotOptimize(found);
  }
  count(state, text.size());
}

// Goes over everything with the on-demand parser and checks what that leaves unchecked: names and strings with escapes
// by scan_string(), numbers by scan_number(), words. That is what a RecordParser on top of it would have to do before
// it finds any field.
bool walk(simdjson::ondemand::value value);

bool sound_token(std::string_view token) {
  const char* const last = token.data() + token.size();
  if (token.starts_with('"')) {
    return token.find('\\') == std::string_view::npos ||
           json::scan_string(token.data() + 1, last).fault == json::Fault::kNone;
  }
  return token.starts_with('t') || token.starts_with('f') || token.starts_with('n') ||
         json::scan_number(token.data(), last).fault == json::Fault::kNone;
}

bool walk_object(simdjson::ondemand::object object) {
  for (auto field : object) {
    simdjson::ondemand::raw_json_string name;
    simdjson::ondemand::value inner;
    if (field.key().get(name) != simdjson::SUCCESS || field.value().get(inner) != simdjson::SUCCESS || !walk(inner)) {
      return false;
    }
    benchmark::DoNotOptimize(name);
  }
  return true;
}

bool walk_array(simdjson::ondemand::array array) {
  for (auto element : array) {
    simdjson::ondemand::value inner;
    if (element.get(inner) != simdjson::SUCCESS || !walk(inner)) {
      return false;
    }
  }
  return true;
}

bool walk(simdjson::ondemand::value value) {
  simdjson::ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return false;
  }
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    return value.get_object().get(object) == simdjson::SUCCESS && walk_object(object);
  }
  if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    return value.get_array().get(array) == simdjson::SUCCESS && walk_array(array);
  }
  const std::string_view token = value.raw_json_token();
  // Consumes it; the check is ours, since a number of any size is allowed.
  if (type == simdjson::ondemand::json_type::string) {
    simdjson::ondemand::raw_json_string raw;
    return value.get_raw_json_string().get(raw) == simdjson::SUCCESS && sound_token(token);
  }
  if (type == simdjson::ondemand::json_type::null) {
    return value.is_null();
  }
  if (type == simdjson::ondemand::json_type::boolean) {
    return value.get_bool().error() == simdjson::SUCCESS;
  }
  return sound_token(token) && value.get_double().error() == simdjson::SUCCESS;
}

void simdjson_walk(benchmark::State& state) {
  const simdjson::padded_string text(sample(state.range(0)));
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS || !walk_object(object)) {
      state.SkipWithError("the sample does not parse");
      break;
    }
  }
  count(state, text.size());
}

BENCHMARK(record_parser)->Arg(1300)->Arg(20'000)->Arg(1'000'000);
BENCHMARK(document_walk)->Arg(1300)->Arg(20'000)->Arg(1'000'000);
BENCHMARK(simdjson_index)->Arg(1300)->Arg(20'000)->Arg(1'000'000);
BENCHMARK(simdjson_dom)->Arg(1300)->Arg(20'000)->Arg(1'000'000);
BENCHMARK(simdjson_walk)->Arg(1300)->Arg(20'000)->Arg(1'000'000);
BENCHMARK(simdjson_on_demand)->Arg(1300)->Arg(20'000)->Arg(1'000'000);

}  // namespace
}  // namespace respand::record
