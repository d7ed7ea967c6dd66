// Compiled into every program and plug-in that is built against the installed package: tells
// ModelPath where the models of that package are. Weak, since libraries in between bring it too.
extern "C" __attribute__((weak)) const char* curl_rl_package_models();
extern "C" __attribute__((weak)) const char* curl_rl_package_models() {
  return CURL_RL_PACKAGE_MODELS;
}
