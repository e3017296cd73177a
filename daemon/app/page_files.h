#pragma once
// The files that the status page is made of, as they are in the folder page/: cmake/page.cmake compiles them in. They
// live for ever.

#include <span>
#include <string_view>

namespace respand::app {

struct PageFile {
  std::string_view path;  // "/page.js"; that of the page itself is "/"
  std::string_view type;  // of its content, for HTTP
  std::string_view content;
};
extern const std::span<const PageFile> kPageFiles;

}  // namespace respand::app
