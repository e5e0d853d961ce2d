"""Times PyTorch's bfloat16 on the CPU: forward passes of a folder's encoder, beside which bench --precision bf16 is read.

Run by hand, with a Python that has torch and transformers: `python pytorch_bf16.py FOLDER --threads 2`. It prints the median of
each shape in milliseconds. No build and no test needs it.
"""

import argparse
import statistics
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", help="a folder with config.json and weights")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shapes", default="1x16,1x128,1x512,8x128")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    arguments = parser.parse_args()

    import torch
    import transformers

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(7)
    model = transformers.AutoModel.from_pretrained(arguments.folder, dtype=getattr(torch, arguments.dtype)).eval()
    print(f"PyTorch {torch.__version__}, transformers {transformers.__version__}, {arguments.dtype}")
    for shape in arguments.shapes.split(","):
        batch, length = (int(n) for n in shape.split("x"))
        ids = torch.randint(0, model.config.vocab_size, (batch, length))
        mask = torch.ones_like(ids)
        times = []
        with torch.inference_mode():
            for run in range(arguments.warmup + arguments.iterations):
                begin = time.perf_counter()
                model(input_ids=ids, attention_mask=mask)
                if run >= arguments.warmup:
                    times.append(1000 * (time.perf_counter() - begin))
        print(f"({batch}, {length}): {statistics.median(times):.1f} ms")


if __name__ == "__main__":
    main()
