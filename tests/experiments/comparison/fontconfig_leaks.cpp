// Fontconfig, which draws the text of a PNG, keeps its tables until the process ends: no leaks of
// ours.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
