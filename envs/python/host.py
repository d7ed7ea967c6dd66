# Hosts one Python environment for curl-rl, in a process of its own: this file follows adapters.py
# in one script, which is part of the program (host_script.cpp.in). What it hears and says is told
# in host_process.h.
import fcntl
import mmap
import signal
import socket
import struct
import traceback


class Host:
    def __init__(self, arguments):
        ask, memory, life, self.kind, self.where, self.name, seed, pixels, image_size, camera = (
            arguments
        )
        self.socket = socket.socket(fileno=int(ask))
        self.memory_fd, self.life, self.seed = int(memory), int(life), int(seed)
        self.pixels, self.image_size, self.camera = pixels == "1", int(image_size), int(camera)
        self.home = os.getpid()
        self.env = None
        self.picture = None  # index of the part of an observation that is the frame
        self.frame_shape = None
        self.first = None  # the parts of a first observation that was not yet asked for

    def end_with_parent(self):
        """The kernel kills this process and those that it began when curl-rl's end of a pipe
        closes, however busy they are and however that came about."""
        for fd in (self.socket.fileno(), self.memory_fd, self.life):
            os.set_inheritable(fd, False)
        for number_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number_, signal.SIG_IGN)  # sent to all of a job: curl-rl decides
        fcntl.fcntl(self.life, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(self.life, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(
            self.life,
            fcntl.F_SETFL,
            fcntl.fcntl(self.life, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK,
        )
        try:
            if os.read(self.life, 1) == b"":
                os._exit(0)  # it ended before that was set up
        except BlockingIOError:
            pass
        os.register_at_fork(after_in_child=self.disown)

    def disown(self):
        """In a process that the environment forked: it is no host."""
        for fd in (self.socket.fileno(), self.memory_fd, self.life):
            try:
                os.close(fd)
            except OSError:
                pass

    def say(self, kind, text=""):
        data = text.encode("utf-8", "replace")[:60000]
        self.socket.sendall(kind + struct.pack("<I", len(data)) + data)

    def describe(self):
        env = self.env
        pictures = [i for i, space in enumerate(env.spaces) if space.picture]
        if len(pictures) > 1:
            pictures = [i for i in pictures if env.spaces[i].name == "pixels"] or pictures
        if len(pictures) > 1 and self.pixels:
            names = ", ".join(env.spaces[i].name for i in pictures)
            raise Fault(f"it shows several pictures: {names}; allowed: one, or one called 'pixels'")
        self.vector = [i for i, space in enumerate(env.spaces) if not space.picture]
        # The first episode begins here: what it shows is looked at, and kept for the first Reset.
        self.first = env.reset()
        lines = []
        source = ""
        if self.pixels and pictures:
            self.picture = pictures[0]
            source = f"its observation '{env.spaces[self.picture].name}'"
            self.frame_shape = pixels_of(self.first[self.picture], source)[0]
        elif self.pixels and env.draws():
            source = "Python's render()"
            self.frame_shape = pixels_of(env.draw(), "what render() returned")[0]
        if self.frame_shape:
            drawn_when_asked = int(self.picture is None)
            lines.append(("frame",) + self.frame_shape + (drawn_when_asked, source))
        for i in self.vector:
            space = env.spaces[i]
            lines.append(("state", space.name, math.prod(space.shape)))
        lines += [("low",) + tuple(env.low), ("high",) + tuple(env.high)]
        lines += [("step_limit", env.step_limit()), ("timestep", env.timestep())]
        lines += [("version",) + pair for pair in versions(self.where)]
        clean = lambda word: str(word).replace("\t", " ").replace("\n", " ")
        return "\n".join("\t".join(map(clean, line)) for line in lines)

    def map(self, offsets):
        """Maps what curl-rl laid out: offsets of actions, state, frame, and the whole size."""
        self.action_at, self.state_at, self.frame_at, size = offsets
        self.memory = mmap.mmap(self.memory_fd, size)
        self.view = memoryview(self.memory)
        self.action_format = f"={len(self.env.low)}d"
        self.state_size = sum(math.prod(self.env.spaces[i].shape) for i in self.vector)
        self.state_format = f"={self.state_size}d"

    def show(self, parts):
        """Writes an observation."""
        state = []
        for i in self.vector:
            space = self.env.spaces[i]
            what = f"its observation '{space.name}'"
            shape, values = flat(parts[i], what)
            if shape != space.shape and {shape, space.shape} != {(), (1,)}:
                raise Fault(
                    f"{what} has shape {shape_text(shape)}, not {shape_text(space.shape)} as its "
                    "space says"
                )
            state += values
        if self.state_size:
            struct.pack_into(self.state_format, self.memory, self.state_at, *state)
        if self.picture is not None:
            self.show_frame(
                parts[self.picture], f"its observation '{self.env.spaces[self.picture].name}'"
            )

    def show_frame(self, value, what):
        shape, data = pixels_of(value, what)
        if shape != self.frame_shape:
            raise Fault(
                f"{what} has shape {shape_text(shape)}, and had {shape_text(self.frame_shape)} "
                "before"
            )
        self.view[self.frame_at : self.frame_at + len(data)] = data

    def action(self):
        values = struct.unpack_from(self.action_format, self.memory, self.action_at)
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return list(values)
        return numpy.array(values, dtype=self.env.action_dtype).reshape(self.env.action_shape)

    def own(self, result):
        """`result`, in this process. One that the environment forked and let return ends here: it
        must not write into the memory that all share."""
        if os.getpid() != self.home:
            os._exit(0)
        return result

    def answer(self, command):
        if command == b"r":
            parts, self.first = self.first, None
            self.show(self.own(self.env.reset()) if parts is None else parts)
        elif command == b"s":
            self.first = None
            parts, reward, flags = self.own(self.env.step(self.action()))
            struct.pack_into("=dQ", self.memory, 0, reward, flags)
            self.show(parts)
        elif command == b"o":
            self.show_frame(self.own(self.env.draw()), "what render() returned")
        elif command == b"m":
            self.map(struct.unpack("=4Q", self.socket.recv(32, socket.MSG_WAITALL)))

    def guarded(self, what, work):
        """Does `work`; what goes wrong is told, and ends the process."""
        try:
            return work()
        except Fault as fault:
            self.fail(f"{what}: {fault}")
        except BaseException as error:  # SystemExit and the like too
            self.fail(f"{what}: {short_traceback(error)}")

    def fail(self, text):
        if os.getpid() == self.home:
            self.say(b"e", text)
        os._exit(1)

    def run(self):
        self.end_with_parent()

        def begin():
            self.env = make(
                self.kind,
                self.where,
                self.name,
                self.seed,
                self.pixels,
                self.image_size,
                self.camera,
            )
            return self.describe()

        self.say(b"d", self.guarded("it cannot be made", begin))
        names = {b"r": "reset", b"s": "step", b"o": "render", b"m": "mapping memory"}
        while True:
            command = self.socket.recv(1)
            if command == b"":
                break
            self.guarded(names[command], lambda: self.answer(command))
            self.socket.sendall(b"k")
        try:
            getattr(self.env.env, "close", lambda: None)()
            sys.stdout.flush()
        finally:
            os._exit(0)  # whatever it threw: nobody listens any more, and no thread keeps it


def short_traceback(error):
    """The error, and the last places on the way to it that are not this file's."""
    frames = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if f.filename != "curl_rl_host.py" and "importlib" not in f.filename
    ]
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    lines = text.splitlines()
    if len(lines) > 6:
        text = "\n".join(lines[:6]) + " ..."
    if isinstance(error, ImportError):
        text += (
            f" (Python {sys.version.split()[0]}, {sys.executable}; the key environment.python "
            "names another)"
        )
    for f in frames[-3:]:
        text += f"\n    {f.filename}:{f.lineno} in {f.name}" + (f": {f.line}" if f.line else "")
    return text


Host(sys.argv[1:]).run()
