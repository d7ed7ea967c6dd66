// Open files, under a limit of our own.
#include "experiments/machine/descriptor_room.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace curl_rl::experiments {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(DescriptorRoom, TooFewAreToldWithTheLimitAndAllAreGivenBack) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int free = ::open("/dev/null", O_RDONLY);  // the lowest number that is free
  ASSERT_GE(free, 0);
  ::close(free);
  const rlimit limit{static_cast<rlim_t>(free) + 5, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_NO_THROW(CheckDescriptors(5));
  EXPECT_NO_THROW(CheckDescriptors(5));
  EXPECT_THAT([] { CheckDescriptors(6); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("open files needed: 6, the system gave 5"),
                        HasSubstr("ulimit -n is " + std::to_string(limit.rlim_cur)))));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace curl_rl::experiments
