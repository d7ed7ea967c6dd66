// A program of one's own: one more objective, and the whole command line with it.
//   own_objective config inverse_dynamics.yaml
//   own_objective train inverse_dynamics.yaml
#include "experiments/commands/program.h"
#include "inverse_dynamics.h"

int main(int argc, char** argv) {
  curl_rl::encoders::RegisterObjective<inverse_dynamics::Config>();
  return curl_rl::experiments::Main(argc, argv);
}
