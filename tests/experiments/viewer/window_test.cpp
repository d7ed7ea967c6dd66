// The viewer as a user has it: a window, keys, a mouse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "tests/experiments/program_outcome.h"
#include "tests/experiments/viewer/xvfb.h"

namespace curl_rl::viewer {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // RGB by rows
};

Picture Decode(const std::string& bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  Picture picture;
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) return picture;
  png.format = PNG_FORMAT_RGB;
  picture.width = static_cast<int>(png.width);
  picture.height = static_cast<int>(png.height);
  picture.pixels.resize(PNG_IMAGE_SIZE(png));
  png_image_finish_read(&png, nullptr, picture.pixels.data(), 0, nullptr);
  return picture;
}

// Share of pixels in which two pictures differ.
double Changed(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  EXPECT_FALSE(a.pixels.empty());
  int changed = 0;
  for (std::size_t i = 0; i + 2 < std::min(a.pixels.size(), b.pixels.size()); i += 3) {
    changed += !std::equal(&a.pixels[i], &a.pixels[i] + 3, &b.pixels[i]);
  }
  return 3.0 * changed / static_cast<double>(a.pixels.size());
}

class ViewerWindow : public testing::Test {
 protected:
  void SetUp() override {
    if (!HaveXvfb()) GTEST_SKIP() << "Xvfb or xdotool is not installed";
    xvfb_ = std::make_unique<Xvfb>(1300, 900);
  }

  // A window that is open and paused, with neither overlay nor inset: its picture is the scene.
  std::unique_ptr<ViewerProcess> OpenPaused(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--paused", "--size", "640x360"});
    auto viewer = std::make_unique<ViewerProcess>(*xvfb_, arguments);
    if (!viewer->AwaitWindow()) throw std::runtime_error("no window: " + viewer->Read("err"));
    EXPECT_TRUE(viewer->Await([&] { return viewer->Paused(); })) << viewer->Title();
    viewer->Key("F2");
    viewer->Key("F3");
    return viewer;
  }

  std::unique_ptr<Xvfb> xvfb_;
};

TEST_F(ViewerWindow, KeysDoWhatTheHelpSays) {
  const auto viewer = OpenPaused({"--env", "cartpole_swingup"});
  const Picture start = Decode(viewer->Picture());

  // Pause holds time, a step is one control step.
  const long step = viewer->Number("step");
  ViewerProcess::Sleep(0.5);
  EXPECT_EQ(viewer->Number("step"), step);
  EXPECT_EQ(Changed(Decode(viewer->Picture()), start), 0.0);
  for (long i = 1; i <= 3; ++i) {
    viewer->Key("Right");
    EXPECT_TRUE(viewer->Await([&] { return viewer->Number("step") == step + i; }));
  }
  viewer->Key("space");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("step") > step + 10; }));
  viewer->Key("space");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Paused(); }));

  // This episode again, other seeds.
  viewer->Key("BackSpace");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("step") == 0; }));
  const Picture again = Decode(viewer->Picture());
  viewer->Key("n");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("seed") == 2; }));
  EXPECT_GT(Changed(Decode(viewer->Picture()), again), 0.0);
  viewer->Key("b");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("seed") == 1; }));
  EXPECT_EQ(Changed(Decode(viewer->Picture()), again), 0.0);

  // Another camera is another picture, and the circle of cameras leads back.
  viewer->Key("bracketright");
  EXPECT_GT(Changed(Decode(viewer->Picture()), again), 0.2);
  viewer->Key("bracketleft");
  EXPECT_EQ(Changed(Decode(viewer->Picture()), again), 0.0);

  // Overlay, help.
  viewer->Key("F2");
  EXPECT_GT(Changed(Decode(viewer->Picture()), again), 0.02);
  viewer->Key("F2");
  viewer->Key("F1");
  EXPECT_GT(Changed(Decode(viewer->Picture()), again), 0.02);

  viewer->Key("ctrl+q");
  EXPECT_EQ(viewer->Wait(), 0);
  EXPECT_EQ(viewer->Read("err"), "");
}

TEST_F(ViewerWindow, TheMouseTurnsMovesAndZoomsAndPullsABody) {
  const auto viewer = OpenPaused({"--env", "cartpole_swingup", "--policy", "zero"});
  const Picture start = Decode(viewer->Picture());
  // The mouse is quicker than the viewer, which finds everything done when it looks.
  const auto mouse = [&](const std::string& words) {
    viewer->Signal(SIGSTOP);
    xvfb_->Xdotool(words);
    viewer->Signal(SIGCONT);
  };
  const auto drag = [&](const std::string& from, const std::string& to, int button) {
    mouse("mousemove " + from + " mousedown " + std::to_string(button) + " mousemove " + to);
  };
  const auto release = [&](int button) { xvfb_->Xdotool("mouseup " + std::to_string(button)); };
  Picture last = start;
  const auto expect_change = [&](const char* what) {
    Picture next = Decode(viewer->Picture());
    EXPECT_GT(Changed(next, last), 0.1) << what;
    last = std::move(next);
  };
  drag("200 200", "260 180", 1);
  release(1);
  expect_change("turn");
  drag("200 200", "230 240", 3);
  release(3);
  expect_change("move");
  xvfb_->Xdotool("click 5 click 5 click 5");
  expect_change("zoom");
  // Back to the model's camera, which sees the cart in the middle.
  viewer->Key("bracketright");
  EXPECT_EQ(Changed(Decode(viewer->Picture()), start), 0.0);

  // The cart is pulled to the right, for as long as the button is held.
  mouse("mousemove 320 180 click --repeat 2 --delay 60 1");
  xvfb_->Xdotool("keydown ctrl");
  drag("320 180", "480 180", 3);
  xvfb_->Xdotool("keyup ctrl");
  for (int i = 0; i < 30; ++i) viewer->Key("Right");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("step") >= 30; }));
  release(3);
  viewer->Key("l");
  const Picture pulled = Decode(viewer->Picture());
  viewer->Key("BackSpace");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("step") == 0; }));
  for (int i = 0; i < 30; ++i) viewer->Key("Right");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("step") == 30; }));
  EXPECT_GT(Changed(Decode(viewer->Picture()), pulled), 0.002);  // 0 if nothing was pulled
  viewer->Key("ctrl+q");
  EXPECT_EQ(viewer->Wait(), 0);
}

TEST_F(ViewerWindow, OpensForEveryBenchmarkTask) {
  for (const char* task : {"finger_spin", "cartpole_swingup", "reacher_easy", "cheetah_run",
                           "walker_walk", "ball_in_cup_catch"}) {
    ViewerProcess viewer(*xvfb_, {"--env", task, "--size", "320x240"});
    ASSERT_TRUE(viewer.AwaitWindow()) << task << ": " << viewer.Read("err");
    EXPECT_THAT(viewer.Title(), StartsWith(task));
    EXPECT_TRUE(viewer.Await([&] { return viewer.Number("step") > 1; })) << task;
    const Picture picture = Decode(viewer.Picture());
    EXPECT_EQ(picture.width, 320);
    EXPECT_EQ(picture.height, 240);
    viewer.Key("ctrl+q");
    EXPECT_EQ(viewer.Wait(), 0) << task;
  }
}

TEST_F(ViewerWindow, ShowsWhatIsNotMujocos) {
  const auto viewer = OpenPaused({"--env", "toy_reach"});
  const Picture start = Decode(viewer->Picture());
  viewer->Key("n");
  EXPECT_TRUE(viewer->Await([&] { return viewer->Number("seed") == 2; }));
  EXPECT_GT(Changed(Decode(viewer->Picture()), start), 0.05);
  viewer->Key("ctrl+q");
  EXPECT_EQ(viewer->Wait(), 0);
}

TEST_F(ViewerWindow, CtrlCClosesIt) {
  ViewerProcess viewer(*xvfb_, {"--env", "cartpole_swingup", "--size", "320x240"});
  ASSERT_TRUE(viewer.AwaitWindow());
  viewer.Signal(SIGINT);
  EXPECT_EQ(viewer.Wait(), 0);
  EXPECT_EQ(viewer.Read("err"), "");
}

TEST_F(ViewerWindow, ItsCloseButtonClosesIt) {
  ViewerProcess viewer(*xvfb_, {"--env", "toy_reach", "--size", "320x240"});
  ASSERT_TRUE(viewer.AwaitWindow());
  viewer.RequestClose();
  EXPECT_EQ(viewer.Wait(), 0);
  EXPECT_EQ(viewer.Read("err"), "");
}

TEST_F(ViewerWindow, GrowsWithTheDisplaysScale) {
  xvfb_->SetResources("Xft.dpi: 192\n");  // where desktops tell the scale
  ViewerProcess viewer(*xvfb_, {"--env", "toy_reach", "--size", "320x240"});
  ASSERT_TRUE(viewer.AwaitWindow());
  const Picture picture = Decode(viewer.Picture());
  EXPECT_EQ(picture.width, 640);
  EXPECT_EQ(picture.height, 480);
}

// --- Without a window

TEST(ViewerProgram, WithoutADisplayPointsToAVideoInOneLine) {
  const experiments::TemporaryDirectory directory;
  ::unsetenv("DISPLAY");          // NOLINT(concurrency-mt-unsafe): this test has one thread
  ::unsetenv("WAYLAND_DISPLAY");  // NOLINT(concurrency-mt-unsafe)
  const auto without = experiments::RunProgram(directory, "render --env cartpole_swingup");
  EXPECT_EQ(without.status, 1);
  EXPECT_THAT(without.err, StartsWith("curl-rl: no display for a window"));
  EXPECT_THAT(without.err, HasSubstr("curl-rl rollout cartpole_swingup --video FILE.mp4"));
  EXPECT_EQ(std::count(without.err.begin(), without.err.end(), '\n'), 1) << without.err;
}

TEST(ViewerProgram, RefusesWhatCannotBe) {
  const experiments::TemporaryDirectory directory;
  const auto refused = [&](const std::string& arguments, const std::string& message) {
    const auto outcome = experiments::RunProgram(directory, "render " + arguments);
    EXPECT_EQ(outcome.status, 2) << arguments << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message)) << arguments;
  };
  refused("", "name either a RUN_DIR or --env NAME");
  refused("run --env toy_reach", "name either a RUN_DIR or --env NAME");
  refused("--env toy_reech", "toy_reach");
  refused("--env toy_reach --policy best", "allowed: random | zero");
  refused("--env toy_reach --follow", "need a RUN_DIR");
  refused("--env toy_reach --size 10x10", "got '10x10'");
  refused("--env toy_reach --size 640", "WIDTHxHEIGHT");
  refused("run --policy zero", "--policy needs --env");
}

}  // namespace
}  // namespace curl_rl::viewer
