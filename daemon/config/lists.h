#pragma once
// The types of values that are not scalars: lists, and the map of records.defaults. They have the form of the types in
// types.h, but read nodes. Pure; the Reader words the mistakes.

#include <cstdint>
#include <string>
#include <vector>

#include "config/reader.h"

namespace respand::config {

// Numbers of users or groups.
struct Ids {
  using Value = std::vector<std::uint32_t>;
  std::string_view whose;  // "user" or "group"
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const Ids& type, const Node& node, Reader& reader, std::vector<std::uint32_t>& out);

// HTTP statuses of refusals. A 2xx is not among them: it always means that the API has taken the record.
struct StatusCodes {
  static constexpr std::uint16_t kLeast = 300;
  static constexpr std::uint16_t kMost = 599;
  using Value = std::vector<std::uint16_t>;
  [[nodiscard]] static std::string expects();
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const StatusCodes& type, const Node& node, Reader& reader, std::vector<std::uint16_t>& out);

struct Additions {
  using Value = Add;
  [[nodiscard]] static std::string expects();
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Add& value);
};
bool read_value(const Additions& type, const Node& node, Reader& reader, Add& out);

struct Pointers {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "a list of JSON pointers such as [/metadata/token]"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const Pointers& type, const Node& node, Reader& reader, std::vector<std::string>& out);

// Names by which clients know this host, without a port.
struct HostNames {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "a list of host names such as [respand, logs.example.org]"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value) { return Pointers::show(value); }
};
bool read_value(const HostNames& type, const Node& node, Reader& reader, std::vector<std::string>& out);

// Origins of web pages, as a browser writes them.
struct Origins {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "a list of origins such as [https://app.example.org]"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value) { return Pointers::show(value); }
};
bool read_value(const Origins& type, const Node& node, Reader& reader, std::vector<std::string>& out);

// Routes that are served on request only.
struct OtherRoutes {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "a list of v1/logs, v2/logs and v1/metrics"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value) { return Pointers::show(value); }
};
bool read_value(const OtherRoutes& type, const Node& node, Reader& reader, std::vector<std::string>& out);

// Members of a record that the ledger tells rows apart by: few, each with a name of its own; and the host.
struct Dimensions {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() {
    return "a list of at most 3 JSON pointers such as [/metadata/team], and host";
  }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value) { return Pointers::show(value); }
};
bool read_value(const Dimensions& type, const Node& node, Reader& reader, std::vector<std::string>& out);

// A path alone is a list of one.
struct PathList {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "an absolute path, or a list of them"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const PathList& type, const Node& node, Reader& reader, std::vector<std::string>& out);

struct Detectors {
  using Value = RedactText;
  [[nodiscard]] static std::string expects();
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const RedactText& value);
};
bool read_value(const Detectors& type, const Node& node, Reader& reader, RedactText& out);

// Keys of OTLP's attributes, with * and ?.
struct AttributePatterns {
  using Value = std::vector<std::string>;
  [[nodiscard]] static std::string expects() { return "a list of attribute keys such as [\"gen_ai.prompt.*\"]"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value) { return Pointers::show(value); }
};
bool read_value(const AttributePatterns& type, const Node& node, Reader& reader, std::vector<std::string>& out);

struct Fields {
  using Value = std::string;  // one compact JSON object
  [[nodiscard]] static std::string expects() { return "a map of fields such as {metadata: {host: web-1}}"; }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const std::string& value);
};
bool read_value(const Fields& type, const Node& node, Reader& reader, std::string& out);

}  // namespace respand::config
