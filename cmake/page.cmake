# cmake -DFOLDER=daemon/app/page -DOUTPUT=page_files.cc -P page.cmake
# Writes the files of the status page as C++ texts (daemon/app/page_files.h), byte for byte, with the path of each.
cmake_minimum_required(VERSION 3.25)
set(files
  "/|index.html|text/html"
  "/page.css|page.css|text/css"
  "/page.js|page.js|text/javascript"
  "/format.js|format.js|text/javascript"
  "/charts.js|charts.js|text/javascript"
  "/tables.js|tables.js|text/javascript"
  "/icon.svg|icon.svg|image/svg+xml"
  "/uplot.js|uplot/uPlot.iife.min.js|text/javascript"
  "/uplot.css|uplot/uPlot.min.css|text/css")

function(as_text out hex)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\"\n    \"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

# Makes a comment of the licence, in hexadecimal: "/*" and a line end before it, a line end and "*/" behind it.
file(READ "${FOLDER}/uplot/LICENSE" licence HEX)
set(licence "2f2a0a${licence}0a2a2f0a")

set(texts "")
set(rows "")
set(number 0)
foreach(entry IN LISTS files)
  string(REGEX MATCH "^([^|]+)\\|([^|]+)\\|(.+)$" parts "${entry}")
  set(path "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_2}")
  set(type "${CMAKE_MATCH_3}")
  if(type MATCHES "^text/")
    string(APPEND type "; charset=utf-8")
  endif()
  file(READ "${FOLDER}/${file}" hex HEX)
  if(file STREQUAL "uplot/uPlot.iife.min.js")
    string(PREPEND hex "${licence}")
  endif()
  as_text(text "${hex}")
  string(APPEND texts "constexpr std::string_view kText${number}{\n    ${text}, @LENGTH${number}@};\n")
  string(LENGTH "${hex}" digits)
  math(EXPR length "${digits} / 2")
  string(REPLACE "@LENGTH${number}@" "${length}" texts "${texts}")
  string(APPEND rows "    {\"${path}\", \"${type}\", kText${number}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"app/page_files.h\"

namespace respand::app {
namespace {

${texts}
constexpr PageFile kFiles[] = {
${rows}};

}  // namespace

const std::span<const PageFile> kPageFiles(kFiles);

}  // namespace respand::app
")
