#include "experiments/commands/program.h"

int main(int argc, char** argv) { return curl_rl::experiments::Main(argc, argv); }
