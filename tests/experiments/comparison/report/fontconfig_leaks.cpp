// Fontconfig, which draws the text of a PNG, keeps its tables until the process ends: no leaks of
// ours.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer gives the name.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
