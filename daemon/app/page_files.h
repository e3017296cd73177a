#pragma once
// The files of the status page, from the folder page/. cmake/page.cmake compiles them into the program, so they live
// for ever.

#include <span>
#include <string_view>

namespace respand::app {

struct PageFile {
  std::string_view path;  // "/page.js"; that of the page itself is "/"
  std::string_view type;  // its content type, for HTTP
  std::string_view content;
};
extern const std::span<const PageFile> kPageFiles;

}  // namespace respand::app
