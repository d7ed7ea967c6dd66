#!/usr/bin/env python3
"""What cuDNN and cuBLAS take on a GPU for the encoder's layers and the heads, beside the passes over memory that
stand between them: the floor of an update. cuda_layers.py [--batch 512]; needs PyTorch with CUDA."""
import argparse

import torch
import torch.nn.functional as F

torch.backends.cudnn.benchmark = True
dev = 'cuda'
def bench(f, n=20):
    for _ in range(3): f()
    torch.cuda.synchronize()
    g = torch.cuda.CUDAGraph()
    s = torch.cuda.Stream()
    with torch.cuda.stream(s):
        f(); torch.cuda.synchronize()
        with torch.cuda.graph(g, stream=s):
            for _ in range(5): f()
    for _ in range(2): g.replay()
    ts = []
    for _ in range(n):
        a, b = torch.cuda.Event(True), torch.cuda.Event(True)
        a.record(); g.replay(); b.record(); torch.cuda.synchronize()
        ts.append(a.elapsed_time(b) / 5)
    ts.sort(); return ts[len(ts)//2]
out = {}
def show(name, f, flop=None, bytes_=None):
    try:
        ms = bench(f)
        out[name] = ms
        print(f"{name:60s} {ms*1e3:9.1f} us" + (f" {flop/ms/1e9:8.1f} TFLOP/s" if flop else "") + (f" {bytes_/ms/1e9:7.2f} TB/s" if bytes_ else ""), flush=True)
    except Exception as e:
        print(f"{name:60s} FAILED {str(e)[:150]}", flush=True)
parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument('--batch', type=int, default=512)
B = parser.parse_args().batch
for dt, tf in ((torch.bfloat16, False), (torch.float32, True)):
    torch.backends.cudnn.allow_tf32 = tf; torch.backends.cuda.matmul.allow_tf32 = tf
    tag = f"B{B} {'bf16' if dt == torch.bfloat16 else 'tf32'}"
    cl = dict(memory_format=torch.channels_last)
    for name, C, S, st in (("L1 C9", 9, 84, 2), ("L1 C12", 12, 84, 2), ("L1 C16", 16, 84, 2), ("L2", 32, 41, 1), ("L4", 32, 37, 1)):
        x = torch.rand(B, C, S, S, device=dev).to(dt).contiguous(**cl)
        w = torch.randn(32, C, 3, 3, device=dev).to(dt).contiguous(**cl) * .05
        b = torch.randn(32, device=dev).to(dt)
        o = (S - 3) // st + 1
        fl = 2 * B * o * o * 32 * (9 if C < 20 else 32) * 9
        y = F.conv2d(x, w, b, st).relu_()
        g = torch.randn_like(y)
        show(f"{tag} {name} conv+bias+relu", lambda: F.conv2d(x, w, b, st).relu_(), fl)
        show(f"{tag} {name} conv", lambda: F.conv2d(x, w, None, st), fl)
        show(f"{tag} {name} cudnn_convolution_relu", lambda: torch.cudnn_convolution_relu(x, w, b, (st, st), (0, 0), (1, 1), 1), fl)
        d = (torch.cudnn_convolution_relu(x, w, b, (st, st), (0, 0), (1, 1), 1).float() - y.float()).abs().max().item()
        print("   max difference", d)
        for mask, what in (([True, False, False], "dgrad"), ([False, True, False], "wgrad"), ([True, True, False], "both")):
            if C < 20 and what != "wgrad": continue
            show(f"{tag} {name} {what}", lambda: torch.ops.aten.convolution_backward(g, x, w, None, [st, st], [0, 0], [1, 1], False, [0, 0], 1, mask), fl)
        show(f"{tag} {name} threshold_backward", lambda: torch.ops.aten.threshold_backward(g, y, 0), None, 3 * y.numel() * y.element_size())
        show(f"{tag} {name} bias sum", lambda: g.sum((0, 2, 3), dtype=torch.float32), None, y.numel() * y.element_size())
    m = torch.rand(B, 39200, device=dev).to(dt)
    for n in (50, 56, 64):
        w = torch.randn(n, 39200, device=dev).to(dt); b = torch.randn(n, device=dev).to(dt); g = torch.randn(B, n, device=dev).to(dt)
        show(f"{tag} linear {n} fwd", lambda: F.linear(m, w, b), 2 * B * 39200 * n, m.numel() * m.element_size())
        show(f"{tag} linear {n} by maps", lambda: g @ w, 2 * B * 39200 * n, m.numel() * m.element_size())
        show(f"{tag} linear {n} by weight", lambda: g.t() @ m, 2 * B * 39200 * n, m.numel() * m.element_size())
    h = torch.rand(B, 1024, device=dev).to(dt); w = torch.randn(1024, 1024, device=dev).to(dt)
    show(f"{tag} 1024x1024", lambda: F.linear(h, w), 2 * B * 1024 * 1024)
    h2 = torch.rand(2, B, 1024, device=dev).to(dt); w2 = torch.randn(2, 1024, 1024, device=dev).to(dt)
    show(f"{tag} 2 x 1024x1024 bmm", lambda: torch.bmm(h2, w2), 4 * B * 1024 * 1024)
w = torch.randn(32, 32, 3, 3, device=dev)
show("cast weight to bf16 channels last", lambda: w.to(torch.bfloat16, memory_format=torch.channels_last))
a = torch.empty(1 << 30, dtype=torch.uint8, device=dev); b = torch.empty_like(a)
show("copy 1 GiB", lambda: b.copy_(a), None, 2 * a.numel())
