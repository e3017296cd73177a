#pragma once
// The data that stands beside the tests of costs, in tests/record/data.

#include <string>
#include <string_view>

namespace respand::record {

// A file's text, unpacked where it is gzip. Aborts where it is not there: no test is passed over for want of its data.
[[nodiscard]] std::string data_file(std::string_view name);

}  // namespace respand::record
