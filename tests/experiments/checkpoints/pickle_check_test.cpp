// What is refused of a pickle or a zip file before LibTorch sees it.
#include "experiments/checkpoints/pickle_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "experiments/files/atomic_file.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

std::string Refusal(const std::string& body) {
  try {
    CheckPickle("\x80\x02" + body);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// A million tuples in each other overran LibTorch's stack; ten bytes made it touch 4 GB.
TEST(PickleCheck, WhatEndsTheUnpicklerIsRefused) {
  EXPECT_EQ(Refusal("N" + Repeated("\x85", 16) + "."), "accepted");
  EXPECT_EQ(Refusal("N" + Repeated("\x85", 1000000) + "."), "nested too deeply");
  EXPECT_EQ(Refusal(Repeated("(", 1 << 21)), "too many marks");
  EXPECT_EQ(Refusal(Repeated("]", 1 << 21)), "too many values");
  EXPECT_EQ(Refusal(std::string("X\xff\xff\xff\xff"
                                "abc",
                                8)),
            "a text longer than the file");
  EXPECT_EQ(Refusal(std::string("T\xff\xff\xff\x7f"
                                "abc",
                                8)),
            "a text longer than the file");
  EXPECT_EQ(Refusal(std::string("X\x03\0", 3)), "it is cut off");
  EXPECT_EQ(Refusal(std::string("X\x03\0\0\0abc.", 9)), "accepted");
}

// A list that contains itself, and nesting by way of the memo, are deep though no opcode says so.
TEST(PickleCheck, AListStandsInOnePlace) {
  EXPECT_EQ(Refusal(std::string("]q\0h\0a.", 7)), "a list or dictionary in two places");
  EXPECT_EQ(Refusal(std::string(")q\0h\0\x86.", 7)), "accepted");  // a tuple may be in many
  EXPECT_EQ(Refusal(std::string("h\0.", 3)), "it refers to nothing");
}

TEST(PickleCheck, WhatIsNoStateDictionaryIsRefused) {
  EXPECT_THAT(Refusal("(i__main__\nX\n."), HasSubstr("opcode 105 is not one"));  // INST
  EXPECT_THAT(Refusal("\x93."), HasSubstr("opcode 147 is not one"));             // STACK_GLOBAL
  for (const std::string cut : {"", "N", "]", "cos\n", "cos\nsystem"}) {
    EXPECT_NE(Refusal(cut), "accepted") << cut;
  }
  for (const std::string empty : {".", "\x85.", "t.", "a.", "u.", "R.", "(.", "N(a."}) {
    EXPECT_NE(Refusal(empty), "accepted") << empty;
  }
  EXPECT_THROW(CheckPickle(""), std::runtime_error);
  EXPECT_THROW(CheckPickle("\x80\x04."), std::runtime_error);
}

TEST(PickleCheck, ZipFilesOfTorchAreStored) {
  const auto bytes = ReadWholeFile(CURL_RL_SOURCE_DIR "/tests/golden/reference_weights/actor_7.pt");
  CheckZip(bytes);
  // 1. A record that says it is compressed: method 8 in its entry of the directory.
  auto compressed = bytes;
  compressed[compressed.find("PK\x01\x02") + 10] = 8;
  EXPECT_THROW(CheckZip(compressed), std::runtime_error);
  // 2. Cut, or with a directory elsewhere.
  for (std::size_t size = 0; size < bytes.size() - 30; size += 97) {
    EXPECT_THROW(CheckZip(bytes.substr(0, size)), std::runtime_error) << size;
  }
  EXPECT_THROW(CheckZip("PK\x05\x06"), std::runtime_error);
}

}  // namespace
}  // namespace curl_rl::experiments
