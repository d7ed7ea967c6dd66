// The same objective as a library for a program that was built without it.
//   curl-rl config inverse_dynamics.yaml --plugin inverse_dynamics.so
//   curl-rl train inverse_dynamics.yaml --plugin inverse_dynamics.so
#include "encoders/objective_plugin.h"
#include "inverse_dynamics.h"

CURL_RL_OBJECTIVE_PLUGIN(inverse_dynamics::Config)
