"""Makes tests/golden/reference_weights with the reference implementation itself.

    python3 make_reference_weights.py CHECKOUT_OF_MISHALASKIN_CURL OUTPUT_FOLDER

A small agent with random weights in every layer: actor_7.pt, critic_7.pt and curl_7.pt as its save
and save_curl write them, and outputs.json: what its networks make of two observations. evil.pt is a
pickle that would run a command. Needs PyTorch and numpy; gym and the like are not used and stubbed.
"""
import json
import os
import sys
import types

import torch

for name in ["gym", "skimage", "skimage.util", "skimage.util.shape", "cv2", "imageio"]:
    sys.modules[name] = types.ModuleType(name)
sys.modules["gym"].Wrapper = object
sys.modules["skimage.util.shape"].view_as_windows = None
sys.path.insert(0, sys.argv[1])
import curl_sac  # noqa: E402

folder = sys.argv[2]
torch.manual_seed(7)
agent = curl_sac.CurlSacAgent(
    obs_shape=(9, 84, 84), action_shape=(2,), device=torch.device("cpu"), hidden_dim=8,
    encoder_feature_dim=4, num_layers=4, num_filters=2, curl_latent_dim=4)
with torch.no_grad():
    for module in [agent.actor, agent.critic, agent.critic_target, agent.CURL]:
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * (0.3 if parameter.dim() < 2 else
                                                           parameter[0].numel() ** -0.5))
agent.save(folder, 7)
agent.save_curl(folder, 7)

count = 2 * 9 * 84 * 84
observation = (torch.arange(count) * 7919 // 64 % 256).view(2, 9, 84, 84).float()
action = torch.tensor([[0.25, -0.5], [-1.0, 0.75]])
with torch.no_grad():
    mean, _, _, _ = agent.actor(observation, compute_pi=False, compute_log_pi=False)
    q1, q2 = agent.critic(observation, action)
    features = agent.CURL.encode(observation)
    keys = agent.CURL.encode(observation, ema=True)
    logits = agent.CURL.compute_logits(features, keys)
with open(os.path.join(folder, "outputs.json"), "w") as file:
    json.dump({name: value.tolist() for name, value in dict(
        action=action, mean=mean, q1=q1, q2=q2, features=features, keys=keys,
        logits=logits).items()}, file, indent=1)
    file.write("\n")


class Evil:
    def __reduce__(self):
        return os.system, ("touch executed",)


torch.save({"trunk.0.weight": Evil()}, os.path.join(folder, "evil.pt"))
