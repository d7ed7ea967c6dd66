// A run whose task has pictures behind it, which change before it is taken up.
#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "experiments/files/png.h"
#include "tests/reliability/small_program_run.h"

namespace curl_rl::experiments {
namespace {

using testing::HasSubstr;

class BackdropRun : public SmallProgramRun {
 protected:
  void Paint(std::uint8_t grey) {
    const std::vector<std::uint8_t> pixels(4 * 4 * 3, grey);
    WritePng(directory_.File("behind/a.png"), pixels.data(), 4, 4, 3);
  }
};

TEST_F(BackdropRun, APictureThatChangedIsRefusedByItsName) {
  std::filesystem::create_directory(directory_.File("behind"));
  Paint(40);
  const std::string train =
      "train smoke.yaml task=cartpole_swingup action_repeat=20 init_steps=10 env_steps=600 "
      "agent.batch_size=8 eval_every=0 eval_episodes=1 log_every=200 checkpoint_every=0 "
      "environment.samples=0 "
      "environment.shadow_size=64 'environment.disturb=[pictures=easy:behind]' run_dir=run";
  const auto begun = Run(train);
  ASSERT_EQ(begun.status, 0) << begun.err;
  Paint(41);
  const auto refused = Run(train + " env_steps=800 --continue");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("behind/a.png has changed"));
  const auto accepted = Run(train + " env_steps=800 --continue --accept-changed-task");
  EXPECT_EQ(accepted.status, 0) << accepted.err;
  Paint(41);
  const auto same = Run(train + " env_steps=1000 --continue");
  EXPECT_EQ(same.status, 0) << same.err;
}

}  // namespace
}  // namespace curl_rl::experiments
