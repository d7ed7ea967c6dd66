// The entry of `curl-rl`: all of it is in the library.
#include "experiments/commands/program.h"

int main(int argc, char** argv) { return curl_rl::experiments::Main(argc, argv); }
