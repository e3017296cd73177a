// What an OTLP export request costs on the io thread without rules, from the body to its place in the batch, compared
// with the check of a record. Bytes a second of the bodies. A request has 64 calls of a model, as exporters send them.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "respand/encode/record_encoder.h"
#include "tests/record/otlp_samples.h"
#include "tests/record/samples.h"

namespace respand::encode {
namespace {

using record::otlp::count;
using record::otlp::text;

struct NoProducer final : journal::Producer {
  void committed(std::unique_ptr<journal::Batch>, journal::CommitResult) noexcept override {}
};

// Prompts and answers of so many paragraphs.
std::vector<record::otlp::Span> spans(std::int64_t paragraphs) {
  constexpr std::string_view kPrompt =
      "You are the assistant of a travel agency. Answer briefly, name a price only where you know it, and never invent "
      "a flight. I'd like to go from Zürich to Málaga in the second week of December, with my dog (12 kg).";
  std::string prompt;
  for (std::int64_t one = 0; one < paragraphs; ++one) {
    prompt += kPrompt;
  }
  std::vector<record::otlp::Span> all;
  for (int number = 0; number < 64; ++number) {
    all.push_back({.id = cat("00f067aa0ba902", number + 10),
                   .parent = "00f067aa0ba90201",
                   .attributes = {text("gen_ai.system", "openai"), text("gen_ai.request.model", "gpt-4o"),
                                  text("gen_ai.prompt.0.role", "user"), text("gen_ai.prompt.0.content", prompt),
                                  text("gen_ai.completion.0.content", prompt),
                                  count("gen_ai.usage.prompt_tokens", cat(100 + number)),
                                  count("gen_ai.usage.completion_tokens", "25"),
                                  text("respan.customer_params.customer_identifier", "user_123")}});
  }
  return all;
}

void bytes(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(size));
}

void record_check(benchmark::State& state) {
  RecordEncoder encoder({}, system_clock(), 1);
  const std::string body = record::usual_record();
  for (auto _ : state) {
    benchmark::DoNotOptimize(encoder.parse(body));
  }
  bytes(state, body.size());
}

void otlp(benchmark::State& state, const std::string& body, bool protobuf) {
  RecordEncoder encoder({}, system_clock(), 1);
  NoProducer producer;
  journal::Batch batch(producer, 4 * body.size() + journal::Batch::kUsualCapacity);
  const RecordEncoder::Routed to{.route = ApiRoute::kOtlp, .content_type = protobuf ? "application/x-protobuf" : ""};
  for (auto _ : state) {
    std::string_view text = body;
    const record::ParsedRecord parsed = encoder.check_otlp(text, protobuf);
    if (!parsed.ok) {
      state.SkipWithError("it is refused");
      return;
    }
    benchmark::DoNotOptimize(encoder.room_routed(text, parsed.fields, to));
    encoder.append_routed(batch, text, parsed.fields, to);
    batch.clear();
  }
  bytes(state, body.size());
}

void otlp_json(benchmark::State& state) { otlp(state, record::otlp::json_of(spans(state.range(0))), false); }
void otlp_protobuf(benchmark::State& state) { otlp(state, record::otlp::protobuf_of(spans(state.range(0))), true); }

BENCHMARK(record_check);
BENCHMARK(otlp_json)->Arg(1)->Arg(3)->Arg(10);
BENCHMARK(otlp_protobuf)->Arg(1)->Arg(3)->Arg(10);

}  // namespace
}  // namespace respand::encode
