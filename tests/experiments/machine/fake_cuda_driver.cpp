// A libcuda.so.1 for tests: as many GPUs as FAKE_GPUS says (-1: it does not start), with 10, 11, …
// GB free each as long as the context that is asked is current and no other is left behind.
#include <cstddef>
#include <cstdlib>

namespace {

int contexts[8];  // how often each device's is retained
int current = -1;

int Gpus() {
  const char* text = std::getenv("FAKE_GPUS");
  return text != nullptr ? std::atoi(text) : 0;
}

}  // namespace

extern "C" {

int cuDriverGetVersion(int* version) {
  *version = 12060;
  return 0;
}
int cuInit(unsigned) { return Gpus() < 0 ? 999 : Gpus() == 0 ? 100 : 0; }
int cuGetErrorString(int error, const char** text) {
  *text = "no CUDA-capable device is detected";
  return error == 100 ? 0 : 1;
}
int cuDeviceGetCount(int* count) {
  *count = Gpus();
  return 0;
}
int cuDevicePrimaryCtxRetain(void** context, int device) {
  ++contexts[device];
  *context = &contexts[device];
  return 0;
}
int cuDevicePrimaryCtxRelease_v2(int device) {
  --contexts[device];
  return 0;
}
int cuCtxPushCurrent_v2(void* context) {
  current = static_cast<int>(static_cast<int*>(context) - contexts);
  return 0;
}
int cuCtxPopCurrent_v2(void** context) {
  *context = &contexts[current];
  current = -1;
  return 0;
}
int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  if (current < 0) return 201;
  for (int device = 0; device < 8; ++device) {
    if (contexts[device] != (device == current ? 1 : 0)) return 2;
  }
  *free = (10 + static_cast<std::size_t>(current)) * 1000000000;
  *total = 80000000000;
  return 0;
}
}
