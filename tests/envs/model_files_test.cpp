// The files of a model, those that MuJoCo must not be given, and how a model without a camera
// looks.
#include "envs/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "envs/mujoco_model.h"
#include "envs/renderer.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::envs {
namespace {

using experiments::TemporaryDirectory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

class ModelFilesTest : public ::testing::Test {
 protected:
  std::string Model(const std::string& inside) {
    return directory_.Write("m.xml", "<mujoco>" + inside + "</mujoco>");
  }

  TemporaryDirectory directory_;
};

constexpr char kBody[] = "<worldbody><geom type=\"sphere\" size=\".1\"/></worldbody>";

TEST_F(ModelFilesTest, AreFollowedThroughIncludesAndFolders) {
  Model(
      "<compiler meshdir=\"assets\" texturedir='pictures'/><!-- <include file=\"no.xml\"/> -->"
      "<include file=\"parts/arm.xml\"/><asset><mesh file=\"a.obj\"/>"
      "<texture fileright=\"b &amp; c.png\"/><mesh file=\"gone.stl\"/></asset>");
  directory_.Write("no.xml", "<mujoco/>");
  directory_.Write("parts/arm.xml", "<mujoco><include file=\"hand.xml\"/></mujoco>");
  directory_.Write("parts/hand.xml", "<mujoco><hfield file=\"h.png\"/></mujoco>");
  directory_.Write("h.png", "");
  directory_.Write("assets/a.obj", "");
  directory_.Write("pictures/b & c.png", "");
  std::vector<std::string> names;
  for (const auto& file : FilesOfModel(directory_.File("m.xml"))) {
    names.push_back(file.substr(directory_.path().size() + 1));
  }
  EXPECT_EQ(names.front(), "m.xml");
  EXPECT_THAT(names, UnorderedElementsAre("m.xml", "parts/arm.xml", "parts/hand.xml", "h.png",
                                          "assets/a.obj", "pictures/b & c.png"));
}

// It hung for ever, waiting for somebody to write.
TEST_F(ModelFilesTest, APipeInAnIncludesPlaceIsRefused) {
  ASSERT_EQ(::mkfifo(directory_.File("pipe.xml").c_str(), 0600), 0);
  const auto path = Model("<include file=\"pipe.xml\"/>" + std::string(kBody));
  EXPECT_THAT([&] { LoadModel(path); },
              ThrowsMessage<std::runtime_error>(HasSubstr("pipe.xml: is a pipe, no regular file")));
}

// A pipe was told as "no such file".
TEST_F(ModelFilesTest, WhatIsNoFileInTheModelsPlaceIsNamed) {
  const auto refused = [](const std::string& path, const std::string& what) {
    EXPECT_THAT([&] { LoadModel(path); },
                ThrowsMessage<std::runtime_error>(HasSubstr("model " + path + ": " + what)));
  };
  ASSERT_EQ(::mkfifo(directory_.File("pipe.xml").c_str(), 0600), 0);
  refused(directory_.File("pipe.xml"), "is a pipe, a model is needed");
  refused(directory_.path(), "is a directory, a model is needed");
  refused("/dev/zero", "is a device, a model is needed");
  refused(directory_.File("gone.xml"), "no such file");
  std::filesystem::create_symlink("gone.xml", directory_.File("link.xml"));
  refused(directory_.File("link.xml"), "no such file");
}

// Each ended the process, or took all memory, inside MuJoCo 2.2.2.
TEST_F(ModelFilesTest, WhatEndsMujocoIsRefusedBefore) {
  const std::string mesh =
      "<asset><mesh name=\"m\" file=\"m.obj\"/></asset><worldbody>"
      "<geom type=\"mesh\" mesh=\"m\"/></worldbody>";
  const std::string corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n";
  const std::string faces = "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n";
  const auto refused = [&](const std::string& obj, const std::string& word) {
    directory_.Write("m.obj", obj);
    const auto path = Model(mesh);
    EXPECT_THAT([&] { LoadModel(path); }, ThrowsMessage<std::runtime_error>(HasSubstr(word)))
        << obj;
  };
  refused("f 1 2 3\n", "m.obj:1: a face names number 1 of 0 vertices");
  refused(corners + "f 999999999 1 2\n", "m.obj:5: a face names number 999999999 of 4 vertices");
  refused(corners + "f 1//1 2//1 3//1\n", "a face names number 1 of 0");
  refused(corners + "f -5 1 2\n", "a face names number -5");
  refused(corners + "f 0 1 2\n", "a face names number 0");
  refused(corners + "v nan nan nan\n" + faces, "m.obj:5: 'nan' is no finite number");
  directory_.Write("m.obj", corners + faces);
  LoadModel(Model(mesh));

  const auto too_large = Model(
      "<asset><texture name=\"t\" builtin=\"flat\" width=\"20000\" height=\"20000\"/></asset>" +
      std::string(kBody));
  EXPECT_THAT([&] { LoadModel(too_large); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("texture 't' has height 20000"), HasSubstr("67108864 points"))));
  const auto field = Model(
      "<asset><hfield name=\"h\" nrow=\"100000\" ncol=\"100000\" "
      "size=\"1 1 1 1\"/></asset>" +
      std::string(kBody));
  EXPECT_THAT([&] { LoadModel(field); },
              ThrowsMessage<std::runtime_error>(HasSubstr("hfield 'h' has nrow 100000")));
}

TEST_F(ModelFilesTest, BrokenXmlIsLeftToMujoco) {
  for (const std::string text :
       {"", "<", "<a b", "<a b=", "<a b=\"", "<!--", "<a/><b c='<d>'",
        "<mujoco><include file=\"\"/></mujoco>", "&#;<a b='&#x110000;'/>"}) {
    const auto path = directory_.Write("m.xml", text);
    EXPECT_THAT(FilesOfModel(path), ElementsAre(path)) << text;
  }
}

TEST_F(ModelFilesTest, AModelForANewerMujocoSaysWhichOneThisIs) {
  const auto path = Model("<worldbody><body a_newer_word=\"1\"/></worldbody>");
  EXPECT_THAT([&] { LoadModel(path); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("a_newer_word"),
                        HasSubstr("This program has MuJoCo " + std::string(mj_versionString())))));
#if mjVERSION_HEADER < 300
  const auto limits = Model(
      "<worldbody><body><joint type=\"hinge\" range=\"-90 90\"/><geom size=\".1\"/></body>"
      "</worldbody>");
  EXPECT_THAT([&] { LoadModel(limits); },
              ThrowsMessage<std::runtime_error>(HasSubstr("This program has MuJoCo ")));
#endif
  const auto typing = Model("<worldbody>");
  EXPECT_THAT([&] { LoadModel(typing); },
              ThrowsMessage<std::runtime_error>(Not(HasSubstr("This program has"))));
}

// 18 of 54 public models have no camera: they are seen as a whole.
TEST_F(ModelFilesTest, AModelWithoutACameraIsDrawnByTheFreeOne) {
  const auto model =
      LoadModel(Model("<worldbody><light pos=\"0 0 3\"/><geom type=\"sphere\" size=\".5\" "
                      "rgba=\"1 0 0 1\"/></worldbody>"));
  const auto data = MakeData(*model);
  mj_forward(model.get(), data.get());
  std::vector<std::uint8_t> pixels[2];
  for (int camera : {0, -1}) {
    RenderOptions options;
    options.camera_id = camera;
    Renderer renderer(*model, options, 32, 32);
    auto& seen = pixels[camera == 0 ? 0 : 1];
    seen.resize(32 * 32 * 3);
    renderer.Render(*data, seen.data());
  }
  EXPECT_EQ(pixels[0], pixels[1]);
  const std::uint8_t* middle = &pixels[0][(16 * 32 + 16) * 3];
  EXPECT_GT(middle[0], 2 * middle[1] + 20);  // the red ball, in the middle
  RenderOptions options;
  options.camera_id = 1;
  EXPECT_THAT([&] { Renderer(*model, options, 8, 8); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("the model has no camera; -1 is")));
}

}  // namespace
}  // namespace curl_rl::envs
