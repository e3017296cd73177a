# cmake -DINPUT=config/prices.yaml -DOUTPUT=built_in_prices.cc -P prices.cmake
# Every model is one line: `  "name": {prompt: 2.5, completion: 10, cached_prompt: 1.25, cache_write: 3}`. What is no such line, no
# comment and not `models:` fails the build.
file(STRINGS "${INPUT}" lines)
set(rows "")
foreach(line IN LISTS lines)
  if(line MATCHES "^ *(#.*)?$" OR line STREQUAL "models:")
    continue()
  endif()
  if(NOT line MATCHES "^  \"([^\"\\]+)\": {prompt: ([0-9.]+)(, completion: ([0-9.]+))?(, cached_prompt: ([0-9.]+))?(, cache_write: ([0-9.]+))?}$")
    message(FATAL_ERROR "${INPUT}: not a line of the form that cmake/prices.cmake reads: ${line}")
  endif()
  string(APPEND rows "    {\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\", \"${CMAKE_MATCH_4}\", \"${CMAKE_MATCH_6}\", \"${CMAKE_MATCH_8}\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"record/built_in_prices.h\"

namespace respand::record {
namespace {

constexpr PriceLine kLines[] = {
${rows}};

}  // namespace

const std::span<const PriceLine> kBuiltInPrices(kLines);

}  // namespace respand::record
")
