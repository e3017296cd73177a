#pragma once
// Rules: what the operator wants changed in records before anything reaches the disk (`records` of the configuration).
// Values are masked by JSON pointer, secrets in prompt and answer text by detector, and defaults are merged in; rules
// also say which records are delivered. Compiled once from settings that were checked; immutable, and shared by the
// intake threads; a reload makes a new one. RecordParser finds the places, Enricher applies the edits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "respand/base/units.h"
#include "respand/record/edit.h"

namespace respand::record {

struct UsageSummary;
struct RecordFields;

// What is recognised in prompt and answer text. daemon/record/detectors.h says what each detector takes for a match.
enum class Detector : std::uint8_t { kEmail, kApiKey, kBearer, kCreditCard };
inline constexpr std::array<Detector, 4> kDetectors{Detector::kEmail, Detector::kApiKey, Detector::kBearer,
                                                    Detector::kCreditCard};
[[nodiscard]] std::string_view name_of(Detector detector) noexcept;  // "email", "api_key", "bearer", "credit_card"

// Which records are delivered. Those of one trace go or stay together, on every host alike: see Rules::keeps().
struct Sampling {
  double rate = 1;               // the share of traces, 0 to 1
  bool keep_errors = true;       // records of failed calls go in any case
  Duration keep_slower_than{0};  // and records of calls that took longer; 0: they are like any other
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

// Limits of the settings, because pointers and defaults are looked up for every record.
inline constexpr std::size_t kMostPointers = 64;
inline constexpr std::size_t kMostDefaults = 64;  // members of records.defaults, and of a map in it

// The most bytes by which masks may make a record longer. Where they are used up shorter masks are taken: "" for a
// string, null for a boolean.
inline constexpr std::size_t kMaxMaskGrowth = 4096;
// The most masks in one record. A record that needs more is refused: masking a part of it would be a leak, and the list
// of edits would be larger than the record.
inline constexpr std::size_t kMostEdits = std::size_t{1} << 19;

// The place of an identifier in [0, 1), the same on every host: records whose place is below Sampling::rate go out. It
// is FNV-1a of the bytes, 64 bits, mixed by SplitMix64's last steps, and of that the 53 high bits, as a fraction.
[[nodiscard]] double sampling_point(std::string_view identifier) noexcept;

// A rule that gives records a key of api.keys. All of its conditions must hold.
struct KeyRoute {
  // A JSON pointer, or a member's name, and the value as text: "prod", "3", "true".
  std::vector<std::pair<std::string, std::string>> match{};
  std::optional<std::uint32_t> uid{};  // the user who hands the record in; nothing: anybody
  std::string key{};                   // the key's name
  friend bool operator==(const KeyRoute&, const KeyRoute&) = default;
};

// The compiled rules.
class Rules {
 public:
  // What they are made from.
  struct Settings {
    std::vector<std::string> redact{};             // JSON pointers (RFC 6901) with * for any member or element
    std::vector<Detector> redact_text{};           // detectors that are on
    std::vector<std::string> redact_attributes{};  // keys of OTLP attributes, with * and ?
    std::string defaults = "{}";                   // one JSON object
    Sampling sample{};                             // which records are delivered
    // For the ledger: JSON pointers to members that it tells rows apart by, at most kDimensions; and whether it finds
    // repeats by their custom_identifier.
    std::vector<std::string> dimensions{};
    bool identify = false;
    std::vector<KeyRoute> keys{};  // the first one that holds counts
    friend bool operator==(const Settings&, const Settings&) = default;
  };
  // What a RecordParser needs of the rules; private to the module.
  struct Compiled;

  // Requires: settings that config has checked: sound pointers, at most kMostPointers; defaults that are a JSON object
  // of at most kMostDefaults members, as are the objects in it.
  explicit Rules(const Settings& settings);
  ~Rules();
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  // The names of the rules by RuleIndex, for respand_redactions_total{rule}: pointers as written, then
  // patterns of attributes, then detectors.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept;
  // Whether something in an export request of OTLP may have to be masked (otlp.h).
  [[nodiscard]] bool masks_otlp() const noexcept;
  // Whether some records may not be delivered, so that keeps() has to be asked.
  [[nodiscard]] bool samples() const noexcept;
  // Whether the record is delivered. Its trace_unique_id decides, else its thread_identifier, else its
  // custom_identifier, else `identifier`, which it is going to be given; so another try of the same record is judged in
  // the same way. Records of failed or slow calls are delivered in any case, as the settings say.
  [[nodiscard]] bool keeps(const RecordFields& fields, const UsageSummary& summary, std::string_view identifier) const;

  // The name of the key that a record goes out under, by its content and by who hands it in (where that is known);
  // nothing where no rule holds. `fields` may be empty.
  [[nodiscard]] std::optional<std::string_view> key_of(const RecordFields& fields,
                                                       std::optional<std::uint32_t> uid) const;

  // For the module.
  [[nodiscard]] const Compiled& compiled() const noexcept { return *compiled_; }

 private:
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace respand::record
