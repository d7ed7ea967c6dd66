// What the leak sanitizer is not to count: OSMesa never frees the tables of a context's buffers.
extern "C" const char* __lsan_default_suppressions() { return "leak:libOSMesa"; }
