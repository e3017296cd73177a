#include "cli/program.h"

int main(int argc, char** argv) { return respand::cli::run_program(argc, argv); }
