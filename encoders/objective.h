// The contract of a representation objective: a loss beside the critic's.
//
// Who calls what, in one gradient step of the learner:
//   Refresh     every refresh_every() gradient steps, before the step: passes over the replay
//   DrawNoise   before each step in which the objective is due
//   Loss        once, when the objective is due; its gradient trains the encoder and the
//               objective's own parameters
//   AfterStep   after these have stepped: queues, prototypes
//   MoveMomentum  when the momentum encoder has moved: momentum copies of the objective's own
//
// Rules, so that a step can be recorded as a CUDA graph and a run taken up again bit for bit:
//   * What must survive is a registered parameter or buffer. It keeps its place and its shape for
//     ever: it is written in place (copy_, index_copy_), never assigned. A parameter that requires
//     no gradient (a momentum copy) is saved like the others, but no optimiser sees it.
//   * Loss, AfterStep and MoveMomentum have shapes that do not depend on data, read nothing back to
//     the host (no item()), and draw no random numbers: DrawNoise does, from the objective's own
//     stream, which is saved with the agent. What happens only at first (a warm-up, an empty
//     queue) is a counter in a buffer and torch::where, not a branch.
//   * An objective knows no agent, and encodes nothing by itself: it asks for encodings.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encoders/objectives.h"
#include "encoders/pixel_encoder.h"
#include "encoders/side_stream.h"
#include "replay/named_tensors.h"
#include "replay/view.h"

namespace curl_rl::encoders {

using replay::NamedTensors;

/// The encodings of one batch's views, each computed once however many ask for it.
class Encodings {
 public:
  /// All but the encoders are kept by reference and must outlive this.
  Encodings(const replay::Batch& batch, const NamedTensors& noise, const PixelEncoder& online,
            const PixelEncoder& key, SideStream& beside)
      : batch_(batch), noise_(noise), online_{online, {}, {}}, key_{key, {}, {}}, beside_(beside) {}

  /// By the online encoder, with gradient where gradients are recorded: the maps [B, maps_size] in
  /// the encoder's precision, rows in the order (row, column, filter), and the features float32
  /// [B, feature_dim].
  torch::Tensor Maps(const std::string& view) { return MapsBy(online_, view); }
  torch::Tensor Features(const std::string& view) { return FeaturesBy(online_, view); }

  /// The same by the momentum encoder, never with gradient.
  torch::Tensor KeyMaps(const std::string& view);
  torch::Tensor KeyFeatures(const std::string& view);
  /// The key features that this step had of the view first, though the momentum encoder may have
  /// moved since: those of "next_observation" are the target critic's, and cost no pass.
  torch::Tensor FirstKeyFeatures(const std::string& view);
  /// The online convolutions' maps through the momentum encoder's projection, without gradient.
  torch::Tensor KeyFeaturesOfOnlineMaps(const std::string& view);

  /// All rows of several views, one view after the other, in one pass; each view is then encoded
  /// too. Of one view the same as above.
  torch::Tensor MapsOfAll(const std::vector<std::string>& views) { return MapsBy(online_, views); }
  torch::Tensor FeaturesOfAll(const std::vector<std::string>& views) {
    return FeaturesBy(online_, views);
  }
  torch::Tensor FeaturesOfAllDetachedMaps(const std::vector<std::string>& views) {
    return online_.encoder->Features(MapsOfAll(views).detach());
  }
  torch::Tensor KeyFeaturesOfAll(const std::vector<std::string>& views);

  /// The view itself: in [0, 1], [B, K*C, size, size].
  const torch::Tensor& Pixels(const std::string& view) const;
  /// Pictures of an objective's own making (mixed, turned, resized) under a name that is not yet
  /// one: from then on a view like others. Made anew in each Loss. The learner puts augmented
  /// pictures in the place of the batch's so, before anyone asks for them.
  void AddView(const std::string& view, const torch::Tensor& pixels) { made_[view] = pixels; }
  /// Actions, rewards, offsets and the rest of the batch.
  const replay::Batch& batch() const { return batch_; }
  /// What DrawNoise drew.
  const torch::Tensor& noise(const std::string& name) const { return replay::Get(noise_, name); }

  /// For what needs no gradient and may be computed beside the rest.
  SideStream& beside() const { return beside_; }

  /// To be called by the learner when that encoder has moved.
  void ForgetOnline();
  void ForgetKeys();
  /// What the projection gave, but not the convolutions' maps.
  void ForgetOnlineFeatures() { online_.features.clear(); }

 private:
  struct Encoded {
    torch::Tensor tensor;
    bool with_gradient = false;
  };
  struct Side {
    PixelEncoder encoder;
    std::map<std::string, Encoded> maps, features;
  };
  torch::Tensor MapsBy(Side& side, const std::string& view);
  torch::Tensor FeaturesBy(Side& side, const std::string& view);
  torch::Tensor MapsBy(Side& side, const std::vector<std::string>& views);
  torch::Tensor FeaturesBy(Side& side, const std::vector<std::string>& views);

  const replay::Batch& batch_;
  const NamedTensors& noise_;
  NamedTensors made_;
  Side online_, key_;
  NamedTensors first_key_features_;
  SideStream& beside_;
};

/// Maps [N, maps_size] as Encodings gives them as a picture each, [N, num_filters, side, side]
/// (side = MapSide(encoder)): another view of the same memory, channels last.
torch::Tensor AsPictures(const torch::Tensor& maps, const EncoderOptions& encoder);

/// `noise[name]`, float32 of this shape on the stream's device, drawn anew: uniform in [0, 1) or
/// standard normal. Its memory is used again: a recorded step reads it there.
void DrawUniform(const std::string& name, at::IntArrayRef shape, at::Generator& stream,
                 NamedTensors& noise);
void DrawNormal(const std::string& name, at::IntArrayRef shape, at::Generator& stream,
                NamedTensors& noise);

/// The replay's transitions as an objective's Refresh reads them: begin .. end - 1.
struct FeatureReader {
  std::int64_t begin = 0, end = 0;
  /// The centre of the observations of `transitions` (int64 [N], on the CPU), in [0, 1].
  std::function<torch::Tensor(const torch::Tensor& transitions)> pixels;
  /// By the momentum encoder, without gradient, of those pixels: maps and features as Encodings
  /// gives them.
  std::function<torch::Tensor(const torch::Tensor&transitions)> key_maps, key_features;
  /// The objective's own stream, on the learner's device.
  at::Generator stream;
};

class Objective : public torch::nn::Module {
 public:
  /// The views that it looks at, "observation" and "next_observation" among them if it does: those
  /// two are the critic's; a view of another name is the objective's own.
  virtual std::vector<replay::View> Views() const = 0;

  /// Decisions from the observation on whose actions and rewards it wants one by one: the batch has
  /// at least so many as "horizon.action", "horizon.reward" and "horizon.steps" (replay::Batch).
  virtual std::int64_t horizon() const { return 0; }

  /// Views whose key features Loss asks for: they may be encoded before, beside other work.
  virtual std::vector<std::string> key_views() const { return {}; }

  /// The loss, a scalar with gradient, and metrics by name (scalars without). A loss by contrast
  /// calls them contrastive_loss and contrastive_accuracy, the share of anchors whose own positive
  /// scores highest.
  virtual torch::Tensor Loss(Encodings& encodings, NamedTensors& metrics) = 0;

  /// The metrics' names.
  virtual std::vector<std::string> metric_names() const {
    return {"contrastive_loss", "contrastive_accuracy"};
  }

  /// Draws what Loss needs of randomness for `rows` observations into `noise`, under names that
  /// begin with the objective's own: "reconstruction.uniform". `stream` is on the learner's device.
  virtual void DrawNoise(std::int64_t /*rows*/, at::Generator& /*stream*/,
                         NamedTensors& /*noise*/) const {}

  /// After the step, without gradient, on the same batch and keys. Not to ask for features by the
  /// online encoder: it has moved.
  virtual void AfterStep(Encodings& /*encodings*/) {}
  virtual void MoveMomentum(double /*tau*/) {}

  /// Gradient steps between calls of Refresh, the first before the first step; 0: never. kOnce:
  /// that first one alone.
  static constexpr std::int64_t kOnce = std::numeric_limits<std::int64_t>::max();
  virtual std::int64_t refresh_every() const { return 0; }
  virtual void Refresh(const FeatureReader& /*reader*/) {}

  /// How much the objective's own parameters weigh on themselves (Adam's L2 term).
  virtual double weight_decay() const { return 0.0; }
};

/// What an objective must know of the encoder and the data it is made for.
struct ObjectiveContext {
  EncoderOptions encoder;
  std::int64_t batch_size = 0;
  std::int64_t action_size = 0;
  std::int64_t action_repeat = 1;  // env steps of a decision: a reward is the sum of so many
  std::int64_t replay_capacity = 0;
  replay::View
      view;  // the critic's, of the observation: what another view usually is, but for its name
  at::Generator stream;  // of initialisation
};

/// The objective that `settings` describe: of the list (encoders/objectives.h) or registered.
/// Throws std::invalid_argument for what cannot work: it begins with the name of the setting, of
/// another section's with the whole key ("agent.batch_size: got 1, allowed: ...").
std::shared_ptr<Objective> MakeObjective(const ObjectiveSettings& settings,
                                         const ObjectiveContext& context);

using ObjectiveMaker =
    std::function<std::shared_ptr<Objective>(const ObjectiveSettings&, const ObjectiveContext&)>;
/// How to make a user's own objective; RegisterObjective (below) is the way to call it.
void RegisterObjectiveMaker(const std::string& name, ObjectiveMaker make);

/// Makes an objective of a user's own known under Config::Info().name, to configs and to
/// MakeObjective. `Config` is as SettingsOf asks for, and beside it, in its namespace, stands
///   std::shared_ptr<Objective> Make(const Config&, const ObjectiveCommon&, const
///   ObjectiveContext&);
/// as it does for those of the list. To be called before configs are read. Throws
/// std::invalid_argument if the name is taken.
template <typename Config>
void RegisterObjective() {
  RegisterObjectiveSettings([] { return std::make_unique<SettingsOf<Config>>(); });
  RegisterObjectiveMaker(Config::Info().name, [](const ObjectiveSettings& settings,
                                                 const ObjectiveContext& context) {
    return Make(dynamic_cast<const SettingsOf<Config>&>(settings).config, settings.common, context);
  });
}

/// For a negative control: each row gets another row's positive. `rows` [B, ...], B > 1.
torch::Tensor ShuffleRows(const torch::Tensor& rows);

}  // namespace curl_rl::encoders
