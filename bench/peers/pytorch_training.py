"""A process that trains a sequence classifier with PyTorch and times its steps, as Detangle's bench tells it.

It speaks the protocol of detangle.bench.worker.WorkerMain: `prepare VOCABULARY 12,37,64` makes one padded batch of sequences
of these lengths, `batches FILE` takes all batches of a safetensors file, with tensors such as 12/input_ids, and `run COUNT`
answers with the nanoseconds of each of some runs, over the one batch or over all. A step is what transformers' Trainer does for
a batch: forward with dropout, backward, clipping of the global norm to 1.0, AdamW in one call for all parameters
(`adamw_torch_fused`). Arguments are a folder, the number of threads, fp32 or bf16 (products of the forward pass and their
gradients by autocast, as `--bf16` of the Trainer), cpu or cuda, and gradient_checkpointing or nothing. On a GPU fp32 is
computed without TF32, and the batches are there before they are timed. Run by `./detangle bench --training --peer
pytorch=PYTHON`, with a Python that has torch and transformers; no build and no test needs it.
"""

import sys
import time

from worker import random_batch, serve


class Trainer:
    def __init__(self, folder, threads, precision, device, checkpointing):
        import torch
        import transformers

        self.torch = torch
        torch.set_num_threads(threads)
        torch.manual_seed(7)
        self.version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"
        if device == "cuda":
            if not torch.cuda.is_available():
                raise ValueError("this PyTorch finds no GPU of CUDA to train on beside a backend whose device is a GPU")
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
            self.version += f", {torch.cuda.get_device_name()}"
        self.device = device
        self.autocast = torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16")
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
        self.model.to(device)
        self.model.train()
        if checkpointing:
            self.model.gradient_checkpointing_enable()
        kept, decayed = [], []
        for name, parameter in self.model.named_parameters():
            (kept if "bias" in name or "LayerNorm" in name else decayed).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": 0.01}, {"params": kept, "weight_decay": 0.0}],
            lr=1e-5,
            fused=True,
        )
        self.batches = []

    def answer(self, words):
        if words[0] == "prepare":
            self.prepare(int(words[1]), [int(n) for n in words[2].split(",")])
            return "ok"
        if words[0] == "batches":
            self.read(" ".join(words[1:]))
            return "ok"
        if words[0] == "run":
            return "times " + " ".join(str(self.run()) for _ in range(int(words[1])))
        raise ValueError(f"there is no command '{words[0]}'")

    def prepare(self, vocabulary, lengths):
        labels = self.torch.arange(len(lengths)) % self.model.config.num_labels
        batch = {**random_batch(self.torch, vocabulary, lengths), "labels": labels}
        self.batches = [{name: tensor.to(self.device) for name, tensor in batch.items()}]

    def read(self, file):
        from safetensors.torch import load_file

        batches = {}
        for name, tensor in load_file(file).items():
            place, value = name.split("/")
            batches.setdefault(int(place), {})[value] = tensor.to(self.device)
        self.batches = [batches[place] for place in sorted(batches)]

    def run(self):
        begin = time.perf_counter_ns()
        for batch in self.batches:
            self.step(batch)
        return time.perf_counter_ns() - begin

    def step(self, batch):
        with self.autocast:
            loss = self.model(**batch).loss
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        loss.item()  # Waits for the GPU.


if __name__ == "__main__":
    serve(
        lambda: Trainer(
            folder=sys.argv[1],
            threads=int(sys.argv[2]),
            precision=sys.argv[3],
            device=sys.argv[4],
            checkpointing="gradient_checkpointing" in sys.argv[5:],
        )
    )
