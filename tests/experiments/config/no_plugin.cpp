// A shared library that is no plug-in.
extern "C" int curl_rl_something_else() { return 1; }
