// For tests that draw: no leak sanitizer. Mesa keeps tables until the process ends (OSMesa) and its
// threads make the sanitizer itself crash at exit (EGL). The other tests look for our own leaks.
// The sanitizer gives the name. NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __lsan_is_turned_off() { return 1; }
