// A pickle and its zip file are looked at before LibTorch's unpickler, which recurses once a level,
// makes room for texts as long as they say, and unpacks what is compressed.
#pragma once

#include <string>

namespace curl_rl::experiments {

/// Throws std::runtime_error that says what is wrong unless `pickle` could be a state dictionary
/// that torch.save wrote (protocol 2): only its opcodes, no argument longer than what is left, no
/// nesting beyond 16 levels, no list or dictionary in another place than its own. What the values
/// mean is not looked at.
void CheckPickle(const std::string& pickle);

/// Throws std::runtime_error unless `bytes` end as a zip file whose records are all stored, not
/// compressed, as torch.save's are: no record can then be larger than the file.
void CheckZip(const std::string& bytes);

}  // namespace curl_rl::experiments
