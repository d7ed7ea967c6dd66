// Numbers as text, ticks, and how the methods of a figure are told apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "experiments/reports/number_text.h"
#include "experiments/reports/plot.h"

namespace curl_rl::reports {
namespace {

TEST(Format, IsShortAndExact) {
  EXPECT_EQ(Steps(500000), "500k");
  EXPECT_EQ(Steps(1500000), "1.5M");
  EXPECT_EQ(Steps(2500), "2.5k");
  EXPECT_EQ(Steps(960), "960");
  EXPECT_EQ(Fixed(-0.001, 2), "0.00");
  EXPECT_EQ(Fixed(NAN, 2), "—");
  EXPECT_EQ(Exact(0.1), "0.1");
}

TEST(Plot, TicksAreRoundAndInside) {
  EXPECT_THAT(Ticks(0, 1000, 5), testing::ElementsAre(0, 200, 400, 600, 800, 1000));
  EXPECT_THAT(Ticks(-0.3, 0.9, 3), testing::ElementsAre(0, 0.5));
}

// One run alone: nine ticks between 132.8 and 132.8 read "132.8".
TEST(Plot, TicksOfAnyRangeCanBeToldApart) {
  for (const auto& [first, last] : std::vector<std::pair<double, double>>{
           {132.8, 132.8}, {0, 0}, {-214, -214}, {0, 0.031}, {0.2, 0.24}, {-3, 6}, {0, 1000}}) {
    const double margin = Margin(first, last, 0.05);
    const double low = first - margin, high = last + margin;
    ASSERT_LT(low, high);
    const auto text = TickText(low, high);
    for (int count : {3, 5, 9}) {
      const auto ticks = Ticks(low, high, count);
      EXPECT_GE(ticks.size(), 2u);
      std::set<std::string> texts;
      for (double tick : ticks) texts.insert(text(tick));
      EXPECT_EQ(texts.size(), ticks.size()) << low << " to " << high;
    }
  }
}

TEST(Plot, MethodsDifferInColourDashesAndMarker) {
  std::set<std::string> colours;
  for (std::size_t i = 0; i < 7; ++i) colours.insert(StyleOf(i).color.hex);
  EXPECT_EQ(colours.size(), 7u);
  std::set<std::string> pairs;  // beyond the palette colours repeat, but not with the same dashes
  for (std::size_t i = 0; i < 20; ++i) pairs.insert(StyleOf(i).color.hex + StyleOf(i).dash);
  EXPECT_EQ(pairs.size(), 20u);
}

// RFC 4648, section 10.
TEST(Svg, PicturesAreText) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xff\xfe"), "//4=");
  Svg svg(20, 10, "a picture");
  svg.Image({1, 2}, 3, 4, "foo");
  EXPECT_THAT(svg.Finish(), testing::HasSubstr("x=\"1\" y=\"2\" width=\"3\" height=\"4\""));
  EXPECT_THAT(svg.Finish(), testing::HasSubstr("href=\"data:image/png;base64,Zm9v\""));
}

}  // namespace
}  // namespace curl_rl::reports
