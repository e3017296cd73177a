# Writes OUT, the source file that says which commit this is (daemon/cli/commit.h), if the commit has changed:
#   cmake -DSOURCE=DIR -DOUT=FILE -P commit.cmake
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)  # not a checkout
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT
"#include \"cli/commit.h\"\n\nnamespace respand::cli {\nconst char* const kCommit = \"@commit@\";\n}  // namespace respand::cli\n" @ONLY)
