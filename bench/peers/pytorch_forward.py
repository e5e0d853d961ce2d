"""A process that times forward passes of an encoder in PyTorch, in bf16 or fp32, as Detangle's bench tells it.

It speaks the protocol of detangle.bench.worker.WorkerMain: `prepare VOCABULARY 12,37;64` makes padded batches of sequences of
these lengths, `run COUNT` answers with the nanoseconds of each of some runs over all batches, and `pass FROM COUNT` with those
of some batches one by one. Arguments are a folder with config.json and weights, the number of threads, and fp32 or bf16. Run by
`./detangle bench MODEL --precision fp32,bf16 --peer pytorch=PYTHON`, with a Python that has torch and transformers; no build and
no test needs it.
"""

import sys
import time

from worker import random_batch, serve

TYPES = {"fp32": "float32", "bf16": "bfloat16"}


class Encoder:
    def __init__(self, folder, threads, precision):
        import torch
        import transformers

        self.torch = torch
        torch.set_num_threads(threads)
        torch.manual_seed(7)
        self.model = transformers.AutoModel.from_pretrained(folder, dtype=getattr(torch, TYPES[precision])).eval()
        self.version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}, {TYPES[precision]}"
        self.batches = []

    def answer(self, words):
        if words[0] == "prepare":
            self.batches = [
                random_batch(self.torch, int(words[1]), [int(n) for n in batch.split(",")])
                for batch in words[2].split(";")
            ]
            return "ok"
        if words[0] == "run":
            return times(self.run(self.batches) for _ in range(int(words[1])))
        if words[0] == "pass":
            first, count = int(words[1]), int(words[2])
            return times(self.run([self.batches[n % len(self.batches)]]) for n in range(first, first + count))
        raise ValueError(f"there is no command '{words[0]}'")

    def run(self, batches):
        begin = time.perf_counter_ns()
        with self.torch.inference_mode():
            for batch in batches:
                self.model(**batch)
        return time.perf_counter_ns() - begin


def times(nanoseconds):
    return "times " + " ".join(str(time) for time in nanoseconds)


if __name__ == "__main__":
    serve(lambda: Encoder(folder=sys.argv[1], threads=int(sys.argv[2]), precision=sys.argv[3]))
