# cmake -DINPUTS="config/prices.yaml;…" -DOUTPUT=built_in_prices.cc -P prices.cmake
# Writes the lines of price lists as C++ texts, one array for each file. Each line is a literal by itself, because compilers need not
# accept very long literals.
set(arrays "")
set(lists "")
set(number 0)
foreach(input IN LISTS INPUTS)
  file(READ "${input}" text)
  if(text MATCHES "\\)~\"")
    message(FATAL_ERROR "${input}: holds )~\", which ends a text in C++")
  endif()
  get_filename_component(name "${input}" NAME)
  string(REPLACE "\n" ")~\",\n    R\"~(" text "${text}")
  string(APPEND arrays "constexpr std::string_view kLines${number}[] = {\n    R\"~(${text})~\"};\n\n")
  string(APPEND lists "    {\"the built-in ${name}\", kLines${number}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"config/built_in_prices.h\"

namespace respand::config {
namespace {

${arrays}constexpr BuiltInPrices kLists[] = {
${lists}};

}  // namespace

const std::span<const BuiltInPrices> kBuiltInPrices(kLists);

}  // namespace respand::config
")
