"""Weights of `curl-rl export` in Python, with numpy alone.

    python3 weights.py IN.safetensors            lists the tensors
    python3 weights.py IN.safetensors OUT.safetensors     and writes them again

With the safetensors package it is one line: safetensors.numpy.load_file(path), or
safetensors.torch.load_file(path).
"""
import json
import struct
import sys

import numpy

DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "u1"}


def load(path):
    """The tensors of a file by name."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return tensors


def save(path, tensors):
    """Writes a file that `load` and `curl-rl import` read."""
    names = {numpy.dtype(text): name for name, text in DTYPES.items()}
    header, position = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [position, position + array.nbytes]}
        position += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


if __name__ == "__main__":
    weights = load(sys.argv[1])
    if len(sys.argv) > 2:
        save(sys.argv[2], weights)
    else:
        for name, array in weights.items():
            print(f"{name:45} {array.dtype} {list(array.shape)}")
