#pragma once
// The reports of `respand journal`, for people and as JSON. Pure.

#include <string>

#include "journal/survey.h"

namespace respand::cli {

[[nodiscard]] std::string info_text(const std::string& directory, const journal::Survey& found);
[[nodiscard]] std::string info_json(const std::string& directory, const journal::Survey& found);
// One line: where the damage is, what it is, and which records are missing.
[[nodiscard]] std::string damage_text(const journal::Damage& damage);
[[nodiscard]] std::string verify_json(const std::string& directory, const journal::Survey& found);

}  // namespace respand::cli
