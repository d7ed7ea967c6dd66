// Walks through a pickle's opcodes and a zip file's directory without making anything of them.
#include "experiments/checkpoints/pickle_check.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <vector>

namespace curl_rl::experiments {
namespace {

constexpr int kMostLevels = 16;  // a state dictionary has 5
constexpr std::size_t kMostValues = 1 << 20;

// The little-endian number of `size` bytes at `at`, which must be there.
std::uint64_t NumberAt(const std::string& bytes, std::uint64_t at, int size) {
  if (at > bytes.size() || bytes.size() - at < static_cast<std::uint64_t>(size)) {
    throw std::runtime_error("it is cut off");
  }
  std::uint64_t value = 0;
  for (int i = size - 1; i >= 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::uint64_t>(i)]);
  }
  return value;
}

// What stands on the unpickler's stack: how deep it is, and whether it may still grow.
struct Value {
  int levels = 0;
  bool grows = false;  // a list or dictionary
};

class PickleWalk {
 public:
  explicit PickleWalk(const std::string& pickle) : pickle_(pickle) {}

  void Run() {
    if (pickle_.compare(0, 2, "\x80\x02") != 0) throw std::runtime_error("no pickle of protocol 2");
    at_ = 2;
    do {
      if (stack_.size() > kMostValues) throw std::runtime_error("too many values");
      if (at_ >= pickle_.size()) throw std::runtime_error("it has no end");
    } while (Step(static_cast<unsigned char>(pickle_[at_])));
  }

 private:
  std::uint64_t Argument(int size) {
    const auto value = NumberAt(pickle_, at_, size);
    at_ += static_cast<std::size_t>(size);
    return value;
  }
  void Skip(std::uint64_t count) {
    if (count > pickle_.size() - at_) throw std::runtime_error("a text longer than the file");
    at_ += count;
  }
  void SkipLine() {
    const auto end = pickle_.find('\n', at_);
    if (end == std::string::npos) throw std::runtime_error("it is cut off");
    at_ = end + 1;
  }
  void Push(int levels, bool grows = false) {
    if (levels > kMostLevels) throw std::runtime_error("nested too deeply");
    stack_.push_back({levels, grows});
  }
  Value Pop() {
    if (stack_.empty() || (!marks_.empty() && marks_.back() >= stack_.size())) {
      throw std::runtime_error("a value is missing");
    }
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }
  // The deepest of `count` values, taken off.
  int PopDeepest(std::size_t count) {
    int deepest = 0;
    for (std::size_t i = 0; i < count; ++i) deepest = std::max(deepest, Pop().levels);
    return deepest;
  }
  int PopToMark() {
    if (marks_.empty()) throw std::runtime_error("a mark is missing");
    const int deepest = PopDeepest(stack_.size() - marks_.back());
    marks_.pop_back();
    return deepest;
  }
  // Something of `levels` goes into what is below.
  void Grow(int levels) {
    const Value container = Pop();
    Push(std::max(container.levels, levels + 1), container.grows);
  }
  void Remember(std::uint64_t name) {
    const Value value = Pop();
    Push(value.levels, value.grows);
    memo_[name] = value;
  }
  // A list or dictionary that is fetched again may contain itself, or grow where nobody looks.
  void Fetch(std::uint64_t name) {
    const auto found = memo_.find(name);
    if (found == memo_.end()) throw std::runtime_error("it refers to nothing");
    if (found->second.grows) throw std::runtime_error("a list or dictionary in two places");
    Push(found->second.levels);
  }
  bool Step(unsigned char opcode);

  const std::string& pickle_;
  std::size_t at_ = 0;
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::map<std::uint64_t, Value> memo_;
};

// One opcode; false: it was STOP.
bool PickleWalk::Step(unsigned char opcode) {
  ++at_;
  switch (opcode) {
    case 'N':   // NONE
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      Push(0);
      return true;
    case 'K':  // BININT1, BININT2, BININT, BINFLOAT
    case 'M':
    case 'J':
    case 'G':
      Skip(opcode == 'K' ? 1 : opcode == 'M' ? 2 : opcode == 'J' ? 4 : 8);
      Push(0);
      return true;
    case 0x8a:  // LONG1, SHORT_BINSTRING
    case 'U':
      Skip(Argument(1));
      Push(0);
      return true;
    case 'X':  // BINUNICODE, BINSTRING
    case 'T':
      Skip(Argument(4));
      Push(0);
      return true;
    case 'c':  // GLOBAL
      SkipLine();
      SkipLine();
      Push(0);
      return true;
    case ')':  // EMPTY_TUPLE
      Push(1);
      return true;
    case ']':  // EMPTY_LIST, EMPTY_DICT
    case '}':
      Push(1, /*grows=*/true);
      return true;
    case '(':  // MARK
      marks_.push_back(stack_.size());
      if (marks_.size() > kMostValues) throw std::runtime_error("too many marks");
      return true;
    case 't':  // TUPLE
      Push(PopToMark() + 1);
      return true;
    case 0x85:  // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      Push(PopDeepest(opcode - 0x84u) + 1);
      return true;
    case 'Q':  // BINPERSID
      Push(PopDeepest(1) + 1);
      return true;
    case 'R':  // REDUCE: what it makes may be a dictionary
      Push(PopDeepest(2) + 1, /*grows=*/true);
      return true;
    case 'a':  // APPEND, BUILD, SETITEM
    case 'b':
      Grow(PopDeepest(1));
      return true;
    case 's':
      Grow(PopDeepest(2));
      return true;
    case 'e':  // APPENDS, SETITEMS
    case 'u':
      Grow(PopToMark());
      return true;
    case 'q':  // BINPUT, LONG_BINPUT
      Remember(Argument(1));
      return true;
    case 'r':
      Remember(Argument(4));
      return true;
    case 'h':  // BINGET, LONG_BINGET
      Fetch(Argument(1));
      return true;
    case 'j':
      Fetch(Argument(4));
      return true;
    case '.':  // STOP
      Pop();
      return false;
    default:
      throw std::runtime_error("opcode " + std::to_string(opcode) +
                               " is not one of a state dictionary");
  }
}

}  // namespace

void CheckPickle(const std::string& pickle) { PickleWalk(pickle).Run(); }

void CheckZip(const std::string& bytes) {
  // 1. The end record stands at the end, behind it a comment at most. It has number and place of
  // the directory's entries, in 64 bits by way of a locator before it.
  const auto end = bytes.rfind("PK\x05\x06");
  if (end == std::string::npos || bytes.size() - end < 22) {
    throw std::runtime_error("no zip file, or one that is cut off");
  }
  std::uint64_t entries = NumberAt(bytes, end + 10, 2);
  std::uint64_t at = NumberAt(bytes, end + 16, 4);
  if (end >= 20 && bytes.compare(end - 20, 4, "PK\x06\x07") == 0) {
    const auto wide = NumberAt(bytes, end - 12, 8);
    if (NumberAt(bytes, wide, 4) != 0x06064b50) throw std::runtime_error("a damaged zip file");
    entries = NumberAt(bytes, wide + 32, 8);
    at = NumberAt(bytes, wide + 48, 8);
  }
  // 2. Each entry says how it is packed.
  for (std::uint64_t i = 0; i < entries; ++i) {
    if (NumberAt(bytes, at, 4) != 0x02014b50) throw std::runtime_error("a damaged zip file");
    if (NumberAt(bytes, at + 10, 2) != 0) {
      throw std::runtime_error("a compressed record, torch.save writes none");
    }
    at += 46 + NumberAt(bytes, at + 28, 2) + NumberAt(bytes, at + 30, 2) +
          NumberAt(bytes, at + 32, 2);
  }
}

}  // namespace curl_rl::experiments
