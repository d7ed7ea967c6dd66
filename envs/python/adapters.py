# The environments of Python, seen alike: what Gymnasium's and dm_env's show and take, in numbers
# that need no numpy. The first half of the script that host.py ends.
import array
import importlib
import importlib.util
import inspect
import math
import os
import random
import sys

TERMINATED, TRUNCATED = 1, 2  # as host_process.h says


class Fault(Exception):
    """What is wrong with the environment, in words that need no traceback."""


# --- Numbers and pictures --------------------------------------------------------------------


def flat(value, what):
    """(shape, floats in C order) of a number, an array, or lists of these."""
    if hasattr(value, "dtype") and hasattr(value, "ravel"):
        if getattr(value.dtype, "kind", "f") not in "biuf":
            raise Fault(f"{what} has dtype {value.dtype}; allowed: real numbers")
        return tuple(value.shape), [float(x) for x in value.ravel().tolist()]
    if isinstance(value, (bool, int, float)):
        return (), [float(value)]
    if isinstance(value, (list, tuple, array.array)):
        parts = [flat(item, what) for item in value]
        if any(part[0] != parts[0][0] for part in parts):
            raise Fault(f"{what} is made of parts of different shapes")
        return (len(parts),) + (parts[0][0] if parts else ()), [
            x for part in parts for x in part[1]
        ]
    raise Fault(f"{what} is {type_name(value)}; allowed: real numbers")


def number(value, what):
    shape, values = flat(value, what)
    if len(values) != 1:
        raise Fault(f"{what} has shape {shape_text(shape)}; allowed: one number")
    return values[0]


def pixels_of(value, what):
    """The bytes of a picture: (shape, buffer)."""
    try:
        view = memoryview(value)
    except TypeError:
        numpy = sys.modules.get("numpy")
        if numpy is None or not hasattr(value, "__array__"):
            raise Fault(
                f"{what} is {type_name(value)}; allowed: uint8 [height, width, 1 or 3]"
            ) from None
        view = memoryview(numpy.asarray(value))
    if view.format not in ("B", "<B", "|B", "@B"):
        raise Fault(f"{what} has dtype {getattr(value, 'dtype', view.format)}; allowed: uint8")
    if not is_picture(view.shape):
        raise Fault(f"{what} has shape {shape_text(view.shape)}; allowed: [height, width, 1 or 3]")
    return tuple(view.shape), view.cast("B") if view.c_contiguous else memoryview(view.tobytes())


def is_picture(shape):
    return shape is not None and len(shape) == 3 and shape[2] in (1, 3)


def type_name(value):
    return "None" if value is None else type(value).__name__


def shape_text(shape):
    return "[" + ", ".join(str(n) for n in shape) + "]"


def is_uint8(dtype):
    return str(dtype) in ("uint8", "<class 'numpy.uint8'>", "|u1")


def bounds(value, size, what):
    """`size` numbers of a bound, which may be one for all."""
    _, values = flat(value, what)
    return values * size if len(values) == 1 and size != 1 else values


# --- Environments ------------------------------------------------------------------------------


class Space:
    """What is known of one part of the observations before there is any."""

    def __init__(self, name, shape, dtype):
        self.name, self.shape, self.dtype = name, shape, dtype
        self.picture = is_picture(shape) and is_uint8(dtype)
        if is_uint8(dtype) and len(shape) == 3 and not self.picture:
            raise Fault(
                f"its observation '{name}' is a picture of shape {shape_text(shape)}; allowed: "
                "[height, width, 1 or 3]"
            )


class Gymnasium:
    """An environment with the interface of Gymnasium: reset -> 2, step -> 5 values."""

    def __init__(self, env, seed):
        self.env, self.seed = env, seed
        space = env.action_space
        if not hasattr(space, "low") or not hasattr(space, "high"):
            raise Fault(
                f"its actions are {space}; allowed: Box, vectors of real numbers (discrete "
                "actions are none)"
            )
        self.set_actions(space.shape, space.dtype, space.low, space.high, space)
        self.spaces = list(self.parts("", env.observation_space))

    def set_actions(self, shape, dtype, low, high, shown):
        self.action_shape, self.action_dtype = tuple(shape), dtype
        size = math.prod(self.action_shape)
        name = str(dtype)
        if "int" in name or "bool" in name:
            raise Fault(f"its actions are {shown}, whole numbers; allowed: real numbers")
        self.low, self.high = bounds(low, size, "an action's low"), bounds(
            high, size, "an action's high"
        )
        if not all(math.isfinite(x) for x in self.low + self.high):
            raise Fault(
                f"its actions are {shown}, without bounds; allowed: finite ones, which "
                "[-1, 1] is scaled to"
            )

    def parts(self, name, space):
        if hasattr(space, "spaces") and hasattr(space.spaces, "items"):
            for key, inner in space.spaces.items():
                yield from self.parts(f"{name}/{key}" if name else str(key), inner)
        elif hasattr(space, "low") and hasattr(space, "high"):
            yield Space(name or "observation", tuple(space.shape), space.dtype)
        else:
            raise Fault(
                f"its observation {name + ' ' if name else ''}is {space}; allowed: Box, or a "
                "Dict of Box"
            )

    def values(self, observation):
        """The parts of an observation by the order of self.spaces."""
        if (
            len(self.spaces) == 1
            and self.spaces[0].name == "observation"
            and not isinstance(observation, dict)
        ):
            return [observation]
        return [self.part(observation, space.name) for space in self.spaces]

    def part(self, observation, name):
        whole = observation
        keys = [name] if isinstance(whole, dict) and name in whole else name.split("/")
        for key in keys:
            if not hasattr(observation, "keys") or key not in observation:
                raise Fault(
                    f"its observation lacks '{name}': it is {type_name(whole)}"
                    + (f" of {', '.join(map(str, whole))}" if hasattr(whole, "keys") else "")
                )
            observation = observation[key]
        return observation

    def reset(self):
        seed, self.seed = self.seed, None
        got = self.env.reset(seed=seed) if seed is not None else self.env.reset()
        if not isinstance(got, tuple) or len(got) != 2:
            raise Fault(f"reset() returned {type_name(got)}; allowed: (observation, info)")
        return self.values(got[0])

    def step(self, action):
        got = self.env.step(action)
        if not isinstance(got, tuple) or len(got) != 5:
            count = f" of {len(got)}" if isinstance(got, tuple) else ""
            raise Fault(
                f"step() returned {type_name(got)}{count}; allowed: (observation, reward, "
                "terminated, truncated, info)"
            )
        flags = TERMINATED * bool(got[2]) | TRUNCATED * bool(got[3])
        return self.values(got[0]), number(got[1], "its reward"), flags

    def draws(self):
        return getattr(self.env, "render_mode", None) == "rgb_array"

    def draw(self):
        return self.env.render()

    def step_limit(self):
        spec = getattr(self.env, "spec", None)
        return getattr(spec, "max_episode_steps", None) or 0

    def timestep(self):
        seconds = getattr(getattr(self.env, "unwrapped", self.env), "dt", None)
        if isinstance(seconds, (int, float)) and seconds > 0:
            return float(seconds)
        rate = (getattr(self.env, "metadata", None) or {}).get("render_fps")
        return 1.0 / rate if isinstance(rate, (int, float)) and rate > 0 else 1.0 / 30


class DmEnv(Gymnasium):
    """An environment with the interface of dm_env: time steps."""

    def __init__(self, env, image_size, camera):  # pylint: disable=super-init-not-called
        self.env, self.image_size, self.camera = env, image_size, camera
        spec = env.action_spec()
        if not hasattr(spec, "minimum") or hasattr(spec, "num_values"):
            raise Fault(
                f"its actions are {spec}; allowed: a BoundedArray of real numbers (discrete "
                "actions are none)"
            )
        self.set_actions(spec.shape, spec.dtype, spec.minimum, spec.maximum, spec)
        self.spaces = list(self.parts("", env.observation_spec()))

    def parts(self, name, space):
        if hasattr(space, "items"):
            for key, inner in space.items():
                yield from self.parts(f"{name}/{key}" if name else str(key), inner)
        elif hasattr(space, "shape"):
            yield Space(name or "observation", tuple(space.shape), space.dtype)
        else:
            raise Fault(
                f"its observation {name + ' ' if name else ''}is {space}; allowed: an Array, "
                "or a dict of such"
            )

    def reset(self):
        step = self.env.reset()
        if not hasattr(step, "observation") or not step.first():
            raise Fault(f"reset() returned {step}; allowed: a first time step")
        return self.values(step.observation)

    def step(self, action):
        step = self.env.step(action)
        if not hasattr(step, "observation") or step.first():
            raise Fault(
                "step() returned no time step, or the first of an episode that was not asked " "for"
            )
        flags = 0
        if step.last():
            flags = (
                TRUNCATED
                if step.discount is None or number(step.discount, "its discount") > 0
                else TERMINATED
            )
        return self.values(step.observation), number(step.reward, "its reward"), flags

    def draws(self):
        return hasattr(getattr(self.env, "physics", None), "render") or hasattr(self.env, "render")

    def draw(self):
        physics = getattr(self.env, "physics", None)
        if hasattr(physics, "render"):
            return physics.render(
                height=self.image_size, width=self.image_size, camera_id=self.camera
            )
        return self.env.render()

    def step_limit(self):
        limit = getattr(self.env, "_step_limit", None)  # dm_control's
        return (
            int(limit)
            if isinstance(limit, (int, float)) and 0 < limit < 1e9 and limit == int(limit)
            else 0
        )

    def timestep(self):
        return (
            float(self.env.control_timestep())
            if hasattr(self.env, "control_timestep")
            else 1.0 / 30
        )


# --- Making one ----------------------------------------------------------------------------------


def load(where):
    """The module of a name, or of a file FILE.py, whose neighbours it may import."""
    if not where.endswith(".py"):
        return importlib.import_module(where)
    sys.path.insert(0, os.path.dirname(os.path.abspath(where)))
    if not os.path.isfile(where):
        raise Fault(f"{where}: no such file")
    name = os.path.splitext(os.path.basename(where))[0]
    spec = importlib.util.spec_from_file_location(name, where)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no file is left beside it
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = kept
    return module


def seed_globals(seed):
    """For environments that draw from the streams of whole modules."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)


def make(kind, where, name, seed, pixels, image_size, camera):
    seed_globals(seed)
    if kind == "gymnasium":
        gymnasium = importlib.import_module("gymnasium")
        seed_globals(seed)
        env = gymnasium.make(name, **({"render_mode": "rgb_array"} if pixels else {}))
        return Gymnasium(env, seed)
    module = load(where)
    function = getattr(module, name, None)
    if not callable(function):
        raise Fault(f"{where} has no function '{name}'")
    offered = {"seed": seed}
    if pixels:
        offered.update(render_mode="rgb_array", image_size=image_size)
    try:
        known = inspect.signature(function).parameters
    except ValueError:  # built in
        known = {}
    seed_globals(seed)
    env = function(**{key: value for key, value in offered.items() if key in known})
    if hasattr(env, "action_spec") and (kind == "dm_env" or not hasattr(env, "action_space")):
        return DmEnv(env, image_size, camera)
    if hasattr(env, "action_space") and kind == "python":
        return Gymnasium(env, seed)
    wanted = "action_spec()" if kind == "dm_env" else "action_space or action_spec()"
    raise Fault(f"{name}() returned {type_name(env)}, which has no {wanted}")


def versions(where):
    """What decides the environment, by name: for the run's record."""
    yield "python", ".".join(map(str, sys.version_info[:3]))
    if where.endswith(".py"):
        import hashlib

        with open(where, "rb") as file:
            yield os.path.basename(where), "sha256 " + hashlib.sha256(file.read()).hexdigest()
    for name in ("gymnasium", "dm_env", "dm_control", "mujoco", "numpy", where.split(".")[0]):
        module = sys.modules.get(name)
        version = getattr(module, "__version__", None)
        if module is not None and not isinstance(version, str):
            try:
                from importlib import metadata

                version = metadata.version(name)
            except Exception:  # not installed as a package: nothing to tell
                version = None
        if module is not None and version:
            yield name, version
