// Models as text: values that may be any text.
#include "envs/suite/model_text.h"

#include <gtest/gtest.h>

#include "envs/xml_escaped.h"
#include "envs/xml_tags.h"
#include "tests/experiments/temporary_directory.h"

namespace curl_rl::envs::suite {
namespace {

// An environment of Python's may lie in a folder of any name. MuJoCo finds the mesh only if it
// reads the folder's name as it is.
TEST(ModelTextTest, AFoldersNameMayHaveSignsOfXml) {
  const experiments::TemporaryDirectory directory;
  const std::string folder = "R&D <of> \"mine's\" &lt;";
  directory.Write(folder + "/assets/m.obj",
                  "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n");
  const auto path = directory.Write(
      folder + "/m.xml",
      "<mujoco><compiler meshdir=\"assets/\"/><asset><mesh name=\"m\" file=\"m.obj\"/></asset>"
      "<worldbody><geom type=\"mesh\" mesh=\"m\"/></worldbody></mujoco>");
  ModelText text(path);
  text.ReplaceValue("meshdir", "assets/", directory.File(folder + "/assets") + "/");
  const ModelPtr model = text.LoadWith(directory.File(folder), {});
  EXPECT_EQ(model->nmesh, 1);
}

TEST(XmlEscapedTest, IsReadAsItWas) {
  const std::string any = "a&b<c>\"d\"'e' &amp; &#65; é";
  std::string read;
  VisitTags("<t v=\"" + XmlEscaped(any) + "\"/>",
            [&](const XmlTag& tag) { read = tag.Value("v"); });
  EXPECT_EQ(read, any);
}

}  // namespace
}  // namespace curl_rl::envs::suite
