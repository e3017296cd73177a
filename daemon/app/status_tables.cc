#include "app/status_tables.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::app {
namespace {

// An array of the elements with the highest counts.
std::string most_of(std::vector<std::pair<double, json::Object>> elements) {
  std::stable_sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  elements.resize(std::min(elements.size(), kMostTableRows));
  std::vector<std::string> texts;
  texts.reserve(elements.size());
  for (const auto& [count, element] : elements) {
    texts.push_back(element.text());
  }
  return json::array_of(texts);
}

// All counters of this name above 0. Each is an object with the values of its labels, and the count under `what`.
std::string counters_json(const metrics::Registry& metrics, std::string_view name,
                          std::initializer_list<std::string_view> labels, std::string_view what) {
  std::vector<std::pair<double, json::Object>> found;
  metrics.each(name, labels, [&](const std::vector<std::string>& values, double count) {
    if (count > 0) {
      json::Object element;
      for (std::size_t i = 0; i < labels.size(); ++i) {
        element.member(labels.begin()[i], shown(values[i]));
      }
      found.emplace_back(count, element.member(what, static_cast<std::uint64_t>(count)));
    }
  });
  return most_of(std::move(found));
}

bool is_same(const journal::Way& one, const journal::Way& other) {
  return one.route == other.route && one.key == other.key;
}

json::Object route_json(std::string_view route, std::string_view key, std::uint64_t delivered,
                        const delivery::UpstreamGate::State& upstream, bool keyless) {
  return json::Object()
      .member("route", shown(route))
      .member("key", shown(key))
      .member("delivered", delivered)
      .member("mode", delivery::name_of(upstream.mode))
      .member("reason", shown(upstream.reason))
      .member("keyless", keyless);
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kMostShown = 1024;
  return printable(text, kMostShown);
}

std::string answers_json(const metrics::Registry& metrics) {
  json::Object answers;
  metrics.each("respand_requests_total", {"code"}, [&](const std::vector<std::string>& values, double count) {
    if (count > 0) {
      answers.member(values[0], static_cast<std::uint64_t>(count));
    }
  });
  return answers.text();
}

std::string refused_json(const metrics::Registry& metrics) {
  return json::Object()
      .value("records", counters_json(metrics, "respand_records_rejected_total", {"input", "reason"}, "records"))
      .value("requests", counters_json(metrics, "respand_http_refused_total", {"status", "route"}, "requests"))
      .value("connections", counters_json(metrics, "respand_connections_refused_total", {"reason"}, "connections"))
      .text();
}

std::string dead_letters_json(const delivery::DeadLetters::State& letters) {
  std::vector<std::string> reasons;
  for (const delivery::DeadLetters::Reason& one : letters.reasons) {
    reasons.push_back(json::Object()
                          .member("reason", shown(one.reason))
                          .member("letters", one.letters)
                          .member("message", shown(one.message))
                          .member("last", iso8601(one.last))
                          .text());
  }
  return json::array_of(reasons);
}

std::string routes_json(const config::Api& api, const delivery::State& delivery, std::uint64_t delivered) {
  std::vector<std::pair<double, json::Object>> others;
  std::uint64_t on_others = 0;
  for (const delivery::State::Route& route : delivery.routes) {
    const bool known = std::any_of(delivery.delivered.begin(), delivery.delivered.end(),
                                   [&](const auto& one) { return is_same(one.way, route.way); });
    if (!known) {
      others.emplace_back(0, route_json(name_of(route.way.route), route.way.key, 0, route.upstream, route.keyless));
    }
  }
  for (const delivery::State::Delivered& one : delivery.delivered) {
    const auto wrong = std::find_if(delivery.routes.begin(), delivery.routes.end(),
                                    [&](const delivery::State::Route& route) { return is_same(route.way, one.way); });
    const bool well = wrong == delivery.routes.end();
    others.emplace_back(static_cast<double>(one.deliveries),
                        route_json(name_of(one.way.route), one.way.key, one.deliveries,
                                   well ? delivery::UpstreamGate::State{} : wrong->upstream, !well && wrong->keyless));
    on_others += one.deliveries;
  }
  const json::Object first =
      route_json(api.path, "", delivered - std::min(delivered, on_others), delivery.upstream, false);
  if (others.empty()) {
    return json::array_of({first.text()});
  }
  return cat("[", first.text(), ",", most_of(std::move(others)).substr(1));
}

}  // namespace respand::app
