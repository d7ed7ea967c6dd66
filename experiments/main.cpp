#include "experiments/program.h"

int main(int argc, char** argv) { return curl_rl::experiments::Main(argc, argv); }
