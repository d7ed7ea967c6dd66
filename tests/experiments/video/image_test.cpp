// Images: conversion, scaling, pasting, grids.
#include "experiments/video/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace curl_rl::video {
namespace {

using testing::ElementsAre;

// Grey pixels by rows.
Image Grey(int height, int width, const std::vector<std::uint8_t>& values) {
  return ToRgb(values.data(), height, width, 1);
}

// The green channel by rows.
std::vector<int> Values(const Image& image) {
  std::vector<int> values;
  for (std::size_t i = 1; i < image.pixels.size(); i += 3) values.push_back(image.pixels[i]);
  return values;
}

TEST(ToRgb, TakesGreyAndRgbAndRefusesOthers) {
  const std::uint8_t frame[] = {1, 2, 3, 4, 5, 6};
  EXPECT_THAT(ToRgb(frame, 1, 2, 3).pixels, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(ToRgb(frame, 2, 1, 1).pixels, ElementsAre(1, 1, 1, 2, 2, 2));
  EXPECT_THROW(ToRgb(frame, 1, 1, 4), std::invalid_argument);
}

TEST(Fit, EnlargesPixelsToRectangles) {
  const Image image = Grey(1, 2, {10, 20});
  EXPECT_THAT(Values(Fit(image, 2, 4)), ElementsAre(10, 10, 20, 20, 10, 10, 20, 20));
}

TEST(Fit, KeepsTheShapeInTheMiddleOfBlack) {
  const Image image = Grey(1, 2, {10, 20});
  const Image fitted = Fit(image, 3, 2);
  EXPECT_EQ(fitted.height, 3);
  EXPECT_EQ(fitted.width, 2);
  EXPECT_THAT(Values(fitted), ElementsAre(0, 0, 10, 20, 0, 0));
}

TEST(Fit, ReducesToTheNearestPixels) {
  const Image image = Grey(1, 6, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(Values(Fit(image, 1, 2)), ElementsAre(2, 5));
  EXPECT_THAT(Values(Fit(Grey(4, 4, std::vector<std::uint8_t>(16, 9)), 1, 1)), ElementsAre(9));
}

TEST(Paste, LeavesOutWhatLiesOutside) {
  const Image image = Grey(2, 2, {1, 2, 3, 4});
  const auto pasted = [&](int y, int x) {
    Image canvas(2, 3);
    Paste(image, y, x, &canvas);
    return Values(canvas);
  };
  EXPECT_THAT(pasted(0, 1), ElementsAre(0, 1, 2, 0, 3, 4));
  EXPECT_THAT(pasted(-1, -1), ElementsAre(4, 0, 0, 0, 0, 0));
  EXPECT_THAT(pasted(1, 2), ElementsAre(0, 0, 0, 0, 0, 1));
  EXPECT_THAT(pasted(5, 0), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(pasted(0, -7), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(Grid, IsNearASquareWithoutEmptyRows) {
  const auto shape = [](int tiles) {
    const Grid grid = ChooseGrid(tiles, 10, 20);
    return std::make_pair(grid.rows, grid.columns);
  };
  EXPECT_EQ(shape(1), std::make_pair(1, 1));
  EXPECT_EQ(shape(2), std::make_pair(1, 2));
  EXPECT_EQ(shape(3), std::make_pair(2, 2));
  EXPECT_EQ(shape(5), std::make_pair(2, 3));
  EXPECT_EQ(shape(9), std::make_pair(3, 3));
  EXPECT_EQ(shape(12), std::make_pair(3, 4));
  const Grid grid = ChooseGrid(5, 10, 20);
  EXPECT_EQ(grid.height(), 10 * 2 + grid.gap);
  EXPECT_EQ(grid.width(), 20 * 3 + 2 * grid.gap);
  EXPECT_EQ(grid.y(4), 10 + grid.gap);
  EXPECT_EQ(grid.x(4), 20 + grid.gap);
}

}  // namespace
}  // namespace curl_rl::video
