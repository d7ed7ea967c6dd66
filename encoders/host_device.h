// The mark of functions that a GPU runs and the tests run on the CPU.
#pragma once

#ifdef __CUDACC__
#define CURL_RL_HOST_DEVICE __host__ __device__
#else
#define CURL_RL_HOST_DEVICE
#endif
