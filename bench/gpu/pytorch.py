"""PyTorch beside Detangle on the same card, and what the card can do at best.

Prints one line of JSON for each measurement: transformers' DebertaV2Model with random weights, eager and with each
layer compiled, in fp32 (TF32 off) and fp16, and the speed of copies and of one large product. Times are medians
in milliseconds, from the call to the last result on the device. Run by bench/gpu/run; no build and no test needs it.
"""

import argparse
import json
import statistics
import time

import torch
import transformers


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def median_ms(run, device, seconds, least=5):
    """The median of as many runs as fit, after three that do not count."""
    for _ in range(3):
        run()
    synchronize(device)
    times = []
    end = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        synchronize(device)
        times.append((time.perf_counter() - begin) * 1e3)
    return round(statistics.median(times), 3), len(times)


def say(**line):
    print(json.dumps(line), flush=True)


def ceilings(device, size):
    """The speed of a copy, bytes read and written, and of a product of two matrices."""
    source = torch.rand(size * size * 16, device=device)
    target = torch.empty_like(source)
    ms, _ = median_ms(lambda: target.copy_(source), device, 0.3)
    say(what="copy", bytes=2 * source.nbytes, ms=ms, GBps=round(2 * source.nbytes / ms / 1e6))
    del source, target
    for name, dtype, tf32 in (
        ("fp32", torch.float32, False),
        ("tf32", torch.float32, True),
        ("fp16", torch.float16, False),
        ("bf16", torch.bfloat16, False),
    ):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(size, size, device=device).to(dtype)
        b = torch.randn(size, size, device=device).to(dtype)
        ms, _ = median_ms(lambda: a @ b, device, 0.3)
        say(what="product", type=name, size=size, ms=ms, TFLOPps=round(2 * size**3 / ms / 1e9, 1))
    torch.backends.cuda.matmul.allow_tf32 = False


def model_of(config, dtype, device):
    with torch.device(device):
        return transformers.DebertaV2Model(config).to(dtype).eval()


def lengths_of(shape):
    """The lengths of the sequences of a batch, which is padded: 8x128 has eight of 128, and mix:12,384 two different ones."""
    if shape.startswith("mix:"):
        return [int(n) for n in shape.removeprefix("mix:").split(",")]
    batch, length = (int(n) for n in shape.split("x"))
    return [length] * batch


def measure(config, shapes, name, dtype, compiled, device, seconds):
    model = model_of(config, dtype, device)
    if compiled:
        for layer in model.encoder.layer:
            layer.compile()
    for shape in shapes:
        lengths = lengths_of(shape)
        torch._dynamo.reset()
        ids = torch.randint(0, config.vocab_size, (len(lengths), max(lengths)), device=device)
        mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long().to(device)
        begin = time.perf_counter()
        with torch.inference_mode():
            model(input_ids=ids, attention_mask=mask)
            synchronize(device)
            first = time.perf_counter() - begin
            ms, runs = median_ms(lambda: model(input_ids=ids, attention_mask=mask), device, seconds)
        mode = "compiled" if compiled else "eager"
        say(what="model", mode=mode, type=name, shape=shape.split(":")[0], p50Ms=ms, runs=runs, firstSeconds=round(first, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="a folder with config.json")
    parser.add_argument("--shape", default="1x128,1x512,8x512,32x512", help="batches, such as 8x128")
    parser.add_argument("--mix", help="lengths of a batch of different sequences, such as 12,40,384")
    parser.add_argument("--mode", default="eager,compiled", help="eager, compiled or both")
    parser.add_argument("--type", default="fp16,fp32", help="fp16, fp32 or both")
    parser.add_argument("--size", type=int, default=8192, help="rows and columns of the large product; 0 for neither product nor copies")
    parser.add_argument("--seconds", type=float, default=0.6, help="how long each is timed")
    arguments = parser.parse_args()

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    say(
        what="versions",
        torch=torch.__version__,
        transformers=transformers.__version__,
        device=torch.cuda.get_device_name() if device == "cuda" else "cpu",
    )
    config = transformers.AutoConfig.from_pretrained(arguments.config)
    shapes = arguments.shape.split(",")
    if arguments.mix:
        shapes.append("mix:" + arguments.mix)
    failed = False
    parts = [("ceilings", lambda: ceilings(device, arguments.size))] if arguments.size else []
    types = {"fp16": torch.float16, "fp32": torch.float32}
    for mode in arguments.mode.split(","):
        for name in arguments.type.split(","):
            parts.append(
                (
                    f"{mode} {name}",
                    lambda m=mode, n=name: measure(
                        config, shapes, n, types[n], m == "compiled", device, arguments.seconds
                    ),
                )
            )
    for name, part in parts:
        try:
            part()
        except Exception as error:  # What one part cannot do, the others may.
            failed = True
            say(what="failed", part=name, error=f"{type(error).__name__}: {error}"[:500])
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
