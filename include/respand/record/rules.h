#pragma once
// Rules: what the operator wants changed in records before anything reaches the disk (`records` of the configuration):
// values masked by JSON pointer, secrets masked in prompt and answer text by detector, defaults merged in, and which
// records are kept. Compiled once from settings that were checked; immutable, shared by the intake threads; a reload
// makes a new one. RecordParser finds the places, Enricher applies the edits.

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

// What is recognised in prompt and answer text: see daemon/record/detectors.h for what each of them takes for a match.
enum class Detector : std::uint8_t { kEmail, kApiKey, kBearer, kCreditCard };
inline constexpr std::array<Detector, 4> kDetectors{Detector::kEmail, Detector::kApiKey, Detector::kBearer,
                                                    Detector::kCreditCard};
[[nodiscard]] std::string_view name_of(Detector detector) noexcept;  // "email", "api_key", "bearer", "credit_card"

// Which records go out. Those of one trace go or stay together, on every host alike: see Rules::keeps().
struct Sampling {
  double rate = 1;  // 0 … 1
  bool keep_errors = true;
  Duration keep_slower_than{0};  // 0: a slow record is like any other
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

// Pointers, detectors and defaults are looked up for every record.
inline constexpr std::size_t kMostPointers = 64;
inline constexpr std::size_t kMostDefaults = 64;  // members of records.defaults, and of a map in it

// Masks may make a record this much longer; where that is used up, shorter masks are taken: "" for a string, null for a
// boolean.
inline constexpr std::size_t kMaxMaskGrowth = 4096;
// Masks in one record. One that would need more is refused: half of it masked would be a leak, and the list of edits
// would be larger than the record.
inline constexpr std::size_t kMostEdits = std::size_t{1} << 19;

// A number below 1 that an identifier always gets, here and on any other host: those below Sampling::rate go out.
// FNV-1a of the bytes, 64 bits, mixed by SplitMix64's last steps; of that the 53 high bits, as a fraction.
[[nodiscard]] double sampling_point(std::string_view identifier) noexcept;

// Which key of api.keys records go out under that have these values: all that is set must hold.
struct KeyRoute {
  // A JSON pointer, or a member's name, and the value as text: "prod", "3", "true".
  std::vector<std::pair<std::string, std::string>> match{};
  std::optional<std::uint32_t> uid{};  // of who hands it in
  std::string key{};
  friend bool operator==(const KeyRoute&, const KeyRoute&) = default;
};

class Rules {
 public:
  struct Settings {
    std::vector<std::string> redact{};  // JSON pointers (RFC 6901) with * for any member or element
    std::vector<Detector> redact_text{};
    std::vector<std::string> redact_attributes{};  // of OTLP, by key, with * and ?
    std::string defaults = "{}";                   // one JSON object
    Sampling sample{};
    // For the ledger: JSON pointers to members that it tells rows apart by, at most kDimensions; whether it wants to
    // know a record again by its custom_identifier.
    std::vector<std::string> dimensions{};
    bool identify = false;
    std::vector<KeyRoute> keys{};  // the first that holds counts
    friend bool operator==(const Settings&, const Settings&) = default;
  };
  // What a RecordParser needs of it; private to the module.
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
  // Whether anything in an export request of OTLP may have to be masked (otlp.h).
  [[nodiscard]] bool masks_otlp() const noexcept;
  // Whether some records may have to stay, so that keeps() is worth asking.
  [[nodiscard]] bool samples() const noexcept;
  // Whether the record goes out: by its trace_unique_id, else thread_identifier, else custom_identifier, else
  // `identifier`, which it is going to be given: another try of the same record is judged in the same way. A failed or
  // a slow call goes out in any case, as the settings say.
  [[nodiscard]] bool keeps(const RecordFields& fields, const UsageSummary& summary, std::string_view identifier) const;

  // The name of the key that a record goes out under by its content and who hands it in (where that is known); nothing
  // where no rule holds. `fields` may be those of no record.
  [[nodiscard]] std::optional<std::string_view> key_of(const RecordFields& fields,
                                                       std::optional<std::uint32_t> uid) const;

  [[nodiscard]] const Compiled& compiled() const noexcept { return *compiled_; }

 private:
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace respand::record
