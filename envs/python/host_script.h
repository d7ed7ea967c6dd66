// The Python script that hosts an environment: adapters.py and host.py, in one text.
#pragma once

namespace curl_rl::envs {

extern const char* const kHostScript;

}  // namespace curl_rl::envs
