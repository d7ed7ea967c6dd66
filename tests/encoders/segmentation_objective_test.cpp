// Segmentation: which cell gets which class, what anchors are contrasted with, what is remembered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "encoders/losses/maps.h"
#include "encoders/objectives.h"
#include "encoders/objectives/heads.h"
#include "tests/encoders/objective_fixture.h"

namespace curl_rl::encoders {
namespace {

constexpr std::int64_t kSide = 5, kCells = kSide * kSide;  // 16 pixels -> 7 -> 5

class SegmentationObjective : public testing::Test {
 protected:
  SegmentationObjective() {
    settings_.config.clusters = 3;
    settings_.config.region_memory = 10;
    settings_.config.refresh_rows = 8;
    settings_.config.warmup_steps = 0;
    settings_.config.hidden = 8;
    settings_.config.dim = 6;
    settings_.config.anchors = 3 * 6 * kCells;  // every cell of a batch
  }

  ObjectiveFixture Make() { return {settings_, ObjectiveFixture::Pixels()}; }

  static torch::Tensor Buffer(const ObjectiveFixture& on, const std::string& name) {
    return on.objective->named_buffers()[name];
  }

  static torch::Tensor Cells(const PixelEncoder& encoder, const torch::Tensor& pixels) {
    return PixelEncoder(encoder)->Maps(pixels).view({-1, kCells, 4});
  }

  // The cluster of a cell, by looking at each centroid.
  static std::int64_t Cluster(const ObjectiveFixture& on, const torch::Tensor& cell) {
    const auto centroids = Buffer(on, "centroids");
    std::int64_t nearest = 0;
    double least = 1e9;
    for (std::int64_t c = 0; c < centroids.size(0); ++c) {
      const double distance =
          (cell / cell.norm().clamp_min(1e-12) - centroids[c]).square().sum().item<double>();
      if (distance < least - 1e-7) {
        least = distance;
        nearest = c;
      }
    }
    return nearest;
  }

  // The class of each cell of the observation, by walking over pixels: cell (i, j) sees the pixels
  // from (2i, 2j) of its window on.
  static torch::Tensor Labels(const ObjectiveFixture& on, const replay::Batch& batch) {
    const auto cells = Cells(on.key, batch.at("segmentation_positive"));
    const auto here = batch.at("observation.offsets"),
               there = batch.at("segmentation_positive.offsets");
    auto labels = torch::full({batch.size(), kCells}, -1, torch::kInt64);
    for (std::int64_t b = 0; b < batch.size(); ++b) {
      for (std::int64_t i = 0; i < kSide; ++i) {
        for (std::int64_t j = 0; j < kSide; ++j) {
          const auto to_cell = [&](std::int64_t cell, std::int64_t axis) {
            const auto pixel =
                here[b][axis].item<std::int64_t>() + 2 * cell - there[b][axis].item<std::int64_t>();
            return static_cast<std::int64_t>(std::floor(static_cast<double>(pixel + 1) / 2.0));
          };
          const auto row = to_cell(i, 0), column = to_cell(j, 1);
          if (row < 0 || row >= kSide || column < 0 || column >= kSide) continue;
          labels[b][i * kSide + j] = Cluster(on, cells[b][row * kSide + column]);
        }
      }
    }
    return labels;
  }

  static Head HeadOf(const ObjectiveFixture& on, const std::string& name) {
    return std::dynamic_pointer_cast<HeadImpl>(on.objective->named_modules()[name]);
  }

  SettingsOf<SegmentationConfig> settings_;
};

TEST_F(SegmentationObjective, LossIsClassificationAndPixelContrastOfTheCellsAtTheSamePlace) {
  settings_.config.contrast_weight = 0.5;
  auto on = Make();
  on.LiveThrough(2);  // the memory holds regions
  on.Draw();
  const auto batch = on.Batch(1);
  const auto loss = on.Loss(batch);

  const auto labels = Labels(on, batch).flatten();
  const auto some = labels.eq(-1).sum().item<std::int64_t>();
  EXPECT_GT(some, 0) << "windows that do not overlap wholly";
  EXPECT_LT(some, labels.numel() / 2);
  const auto cells = Cells(on.online, batch.at("observation")).flatten(0, 1);
  auto classifier =
      std::dynamic_pointer_cast<torch::nn::LinearImpl>(on.objective->named_modules()["classifier"]);
  const auto shares = classifier->forward(cells).log_softmax(1);
  double classification = 0.0, right = 0.0, known = 0.0, iou = 0.0;
  int classes = 0;
  for (std::int64_t c = 0; c < 3; ++c) {
    double sum = 0.0, count = 0.0, both = 0.0, said = 0.0;
    for (std::int64_t n = 0; n < labels.size(0); ++n) {
      if (labels[n].item<std::int64_t>() == -1) continue;
      const bool is = labels[n].item<std::int64_t>() == c;
      const bool says = shares[n].argmax().item<std::int64_t>() == c;
      if (is) sum -= shares[n][c].item<double>();
      count += is;
      said += says;
      both += is && says;
    }
    known += count;
    right += both;
    if (count == 0.0) continue;
    ++classes;
    classification += sum / count;
    iou += both / (count + said - both);
  }
  EXPECT_NEAR(on.metrics.at("classification_loss").item<double>(), classification / classes, 1e-4);
  EXPECT_NEAR(on.metrics.at("segmentation_accuracy").item<double>(), right / known, 1e-5);
  EXPECT_NEAR(on.metrics.at("segmentation_iou").item<double>(), iou / classes, 1e-5);

  // All cells are anchors. The memory's rows are of their class, and no more than were written.
  auto projection = HeadOf(on, "projection");
  const auto anchors = projection(cells);
  const auto memory = Buffer(on, "memory_rows"), filled = Buffer(on, "memory_filled");
  auto memory_labels = torch::full({3, 10}, -1, torch::kInt64);
  for (std::int64_t c = 0; c < 3; ++c) {
    memory_labels[c].narrow(0, 0, filled[c].item<std::int64_t>()).fill_(c);
  }
  EXPECT_GT(filled.sum().item<std::int64_t>(), 6);
  const auto contrast = PixelContrast(anchors, labels, torch::cat({anchors, memory.flatten(0, 1)}),
                                      torch::cat({labels, memory_labels.flatten()}), 0.1, true)
                            .loss;
  EXPECT_NEAR(on.metrics.at("contrastive_loss").item<double>(), contrast.item<double>(), 1e-4);
  EXPECT_NEAR(loss.item<double>(), classification / classes + 0.5 * contrast.item<double>(), 1e-4);
}

TEST_F(SegmentationObjective, RemembersTheMeanOfEachClassInEachPicture) {
  auto on = Make();
  on.RefreshIfDue();
  on.Draw();
  const auto batch = on.Batch(1);
  on.Loss(batch);
  on.AfterStep(batch);
  const auto cells = Cells(on.key, batch.at("segmentation_positive"));
  auto projection = HeadOf(on, "key_projection");
  std::vector<std::int64_t> written(3, 0);
  for (std::int64_t b = 0; b < batch.size(); ++b) {
    for (std::int64_t c = 0; c < 3; ++c) {
      auto sum = torch::zeros({6});
      int count = 0;
      for (std::int64_t n = 0; n < kCells; ++n) {
        if (Cluster(on, cells[b][n]) != c) continue;
        const auto row = projection(cells[b][n].unsqueeze(0)).squeeze(0).detach();
        sum += row / row.norm();
        ++count;
      }
      if (count == 0) continue;
      auto& place = written[static_cast<std::size_t>(c)];
      EXPECT_TRUE(
          torch::allclose(Buffer(on, "memory_rows")[c][place++], sum / sum.norm(), 1e-3, 1e-5));
    }
  }
  EXPECT_TRUE(torch::equal(Buffer(on, "memory_filled"), torch::tensor(written)));
}

TEST_F(SegmentationObjective, ContrastWaitsForItsTime) {
  settings_.config.warmup_steps = 2;
  auto on = Make();
  for (int n = 0; n < 4; ++n) {
    on.RefreshIfDue();
    on.Draw();
    const auto batch = on.Batch(1);
    const double loss = on.Loss(batch).item<double>();
    const double alone = on.metrics.at("classification_loss").item<double>();
    const double both = alone + on.metrics.at("contrastive_loss").item<double>();
    EXPECT_NEAR(loss, n < 2 ? alone : both, n < 2 ? 0.0 : 1e-5);
    on.AfterStep(batch);
    ++on.steps;
  }
}

// Fewer anchors than cells: as many of each class as there are, half of them wrong ones if there
// are so many; drawn anew with other numbers.
TEST_F(SegmentationObjective, AnchorsAreDrawn) {
  settings_.config.anchors = 12;
  auto on = Make();
  on.LiveThrough(1);
  const auto batch = on.Batch(1);
  on.Draw();
  on.Loss(batch);
  const double first = on.metrics.at("contrastive_loss").item<double>();
  on.Loss(batch);
  EXPECT_EQ(on.metrics.at("contrastive_loss").item<double>(), first);
  on.Draw();
  on.Loss(batch);
  EXPECT_NE(on.metrics.at("contrastive_loss").item<double>(), first);
}

TEST_F(SegmentationObjective, AClassThatIsAbsentAddsNothing) {
  auto on = Make();
  on.LiveThrough(1);
  Buffer(on, "centroids")[2].fill_(100.0);  // nothing is near it
  on.Draw();
  const auto loss = on.Loss(on.Batch(1));
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  for (const auto& parameter : on.objective->parameters()) {
    if (!parameter.requires_grad()) continue;
    const auto gradient = torch::autograd::grad({loss}, {parameter}, {}, true)[0];
    EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  }
}

TEST_F(SegmentationObjective, ClustersKeepTheirNumbers) {
  settings_.config.refresh_every = 1;
  auto on = Make();
  on.RefreshIfDue();
  const auto first = Buffer(on, "centroids").clone();
  EXPECT_GT(first.abs().max().item<double>(), 0.0);
  on.RefreshIfDue();  // of other observations, by the same encoder
  const auto again = Buffer(on, "centroids");
  EXPECT_FALSE(torch::equal(first, again));
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto distances = (again[c].unsqueeze(0) - first).norm(2, {1});
    EXPECT_EQ(distances.argmin().item<std::int64_t>(), c);
  }
}

// What stands still at the same place in all pictures is no longer right for shuffled ones.
TEST_F(SegmentationObjective, ShuffledLabelsAreAnothersFromElsewhere) {
  auto on = Make();
  on.RefreshIfDue();
  settings_.common.shuffled_positives = true;
  auto shuffled = Make();
  shuffled.RefreshIfDue();
  auto batch = on.Batch(1);
  for (const char* view : {"observation", "segmentation_positive"}) {
    batch.tensors[view] = batch.at("observation").narrow(0, 0, 1).expand({6, -1, -1, -1}).clone();
    batch.tensors[std::string(view) + ".offsets"] = torch::zeros({6, 2}, torch::kInt64);
  }
  for (auto* each : {&on, &shuffled}) {
    each->Draw();
    each->Loss(batch);
  }
  EXPECT_NE(on.metrics.at("classification_loss").item<double>(),
            shuffled.metrics.at("classification_loss").item<double>());
}

TEST_F(SegmentationObjective, WhatCannotWorkIsRefusedByName) {
  const auto message = [&]() -> std::string {
    try {
      Make();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  auto& config = settings_.config;
  EXPECT_EQ(message(), "accepted");
  config.anchors = 4;
  EXPECT_THAT(message(), testing::StartsWith("anchors: got 4, allowed: at least 6"));
  config.anchors = 3 * 6 * kCells + 3;
  EXPECT_THAT(message(), testing::StartsWith("anchors: got 453, allowed: at most 450"));
  config.anchors = 1024;
  config.clusters = 201;
  EXPECT_THAT(message(), testing::StartsWith("clusters: got 201, allowed: at most 200"));
  config.regions = Regions::kSimulator;
  EXPECT_THAT(message(), testing::StartsWith("regions: got 'simulator', allowed: clusters"));
}

}  // namespace
}  // namespace curl_rl::encoders
