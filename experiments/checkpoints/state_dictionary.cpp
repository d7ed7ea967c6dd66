// Reads torch.save's ZIP archive by LibTorch's unpickler, and checks what tensors it makes.
#include "experiments/checkpoints/state_dictionary.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/unpickler.h>
#include <torch/types.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "experiments/checkpoints/pickle_check.h"

namespace curl_rl::experiments {
namespace {

// A module's state_dict() is an OrderedDict, which LibTorch's unpickler takes for nothing (it knows
// it from a place where it does not matter), with an attribute, which the unpickler cannot set:
//
//   PROTO 2, GLOBAL OrderedDict, BINPUT 0, EMPTY_TUPLE, REDUCE, BINPUT 1,    an empty one
//   its items,
//   EMPTY_DICT, BINPUT or LONG_BINPUT, "_metadata", what it is, BUILD, STOP
//
// Returns the same as a tuple of the class and a plain dictionary without the attribute; any other
// pickle as it is.
std::string WithPlainDictionary(const std::string& pickle) {
  const std::string proto = "\x80\x02";
  const std::string type("ccollections\nOrderedDict\nq\0", 27);
  const std::string head = proto + type + ")Rq\x01";
  if (pickle.compare(0, head.size(), head) != 0 || pickle.back() != '.') return pickle;
  const std::string text("X\x09\0\0\0_metadata", 14);
  std::size_t end = pickle.size() - 1;
  const auto attribute = pickle.rfind(text);
  for (const auto& [memo, size] : {std::pair('q', 3), std::pair('r', 6)}) {  // with EMPTY_DICT
    if (attribute == std::string::npos) break;
    const auto begin = attribute - static_cast<std::size_t>(size);
    if (pickle[begin] == '}' && pickle[begin + 1] == memo) end = begin;
  }
  const auto items = pickle.substr(head.size(), end - head.size());
  return proto + "(" + type + "}q\x01" + items + "t.";  // MARK, ..., EMPTY_DICT, ..., TUPLE, STOP
}

// A tensor's sizes, strides and storage come from the pickle, its bytes from a record of the zip
// file, and nobody has compared them.
void CheckBounds(const std::string& name, const torch::Tensor& tensor,
                 const std::map<const void*, std::size_t>& records) {
  const auto record = records.find(tensor.storage().data());
  bool good = record != records.end() && tensor.storage_offset() >= 0;
  std::int64_t elements = tensor.numel() == 0 ? 0 : 1;
  std::int64_t count = 1;  // with strides of 0 far more than there are, and each is copied
  if (good && tensor.numel() != 0) elements += tensor.storage_offset();
  for (std::int64_t i = 0; good && i < tensor.dim(); ++i) {
    std::int64_t reach = 0;
    good = tensor.size(i) >= 0 && tensor.stride(i) >= 0 &&
           !__builtin_mul_overflow(std::max<std::int64_t>(0, tensor.size(i) - 1), tensor.stride(i),
                                   &reach) &&
           !__builtin_add_overflow(elements, reach, &elements) &&
           !__builtin_mul_overflow(count, tensor.size(i), &count);
  }
  const auto width = static_cast<std::int64_t>(tensor.element_size());
  if (!good || std::max(elements, count) > static_cast<std::int64_t>(record->second) / width) {
    throw std::runtime_error("tensor '" + name + "' goes beyond its bytes");
  }
}

}  // namespace

replay::NamedTensors ReadStateDictionary(const std::string& path, const std::string& bytes) {
  try {
    CheckZip(bytes);
    std::istringstream stream(bytes);
    caffe2::serialize::PyTorchStreamReader reader(&stream);
    const auto [data, size] = reader.getRecord("data.pkl");
    const std::string saved(static_cast<const char*>(data.get()), static_cast<std::size_t>(size));
    CheckPickle(saved);
    const auto pickle = WithPlainDictionary(saved);
    std::size_t position = 0;
    const auto read = [&](char* buffer, std::size_t count) {
      count = std::min(count, pickle.size() - position);
      std::memcpy(buffer, pickle.data() + position, count);
      position += count;
      return count;
    };
    std::map<const void*, std::size_t> records;
    const auto read_record = [&](const std::string& name) {
      auto [record, record_size] = reader.getRecord("data/" + name);
      records[record.get()] = record_size;
      return std::move(record);
    };
    // On the CPU, whatever place the pickle names: most were saved on a GPU.
    torch::jit::Unpickler unpickler(read, nullptr, nullptr, read_record,
                                    c10::Device(c10::DeviceType::CPU));
    auto value = unpickler.parse_ivalue();
    if (value.isTuple() && value.toTupleRef().elements().size() == 2) {
      value = value.toTupleRef().elements()[1];
    }
    if (!value.isGenericDict()) throw std::runtime_error("it holds no dictionary");
    replay::NamedTensors tensors;
    for (const auto& item : value.toGenericDict()) {
      const auto& tensor = item.value().toTensor();
      CheckBounds(item.key().toStringRef(), tensor, records);
      tensors[item.key().toStringRef()] = tensor.contiguous().clone();
    }
    return tensors;
  } catch (const std::exception& error) {  // c10::Error, whose first line says what
    const std::string what = error.what();
    throw std::runtime_error(
        path + ": not a state dictionary of tensors: " + what.substr(0, what.find('\n')));
  }
}

}  // namespace curl_rl::experiments
