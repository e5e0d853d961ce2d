"""A process that trains a sequence classifier with PyTorch and times its steps, as Detangle's bench tells it.

It speaks the protocol of detangle.bench.worker.WorkerMain: `prepare VOCABULARY 12,37,64` makes one padded batch of sequences
of these lengths, and `run COUNT` answers with the nanoseconds of each of some steps. A step is what transformers' Trainer does
for one batch in fp32: forward with dropout, backward, clipping of the global norm to 1.0, AdamW. Run by `./detangle bench
--training --peer pytorch=PYTHON`, with a Python that has torch and transformers; no build and no test needs it.
"""

import os
import sys
import time


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # Whatever a library prints does not belong among the answers.
    try:
        trainer = Trainer(folder=sys.argv[1], threads=int(sys.argv[2]))
    except Exception as error:
        print("error " + one_line(error), file=answers)
        return
    print("ready " + trainer.version, file=answers)
    for line in sys.stdin:
        try:
            print(trainer.answer(line.split()), file=answers)
        except Exception as error:
            print("error " + one_line(error), file=answers)


def one_line(error):
    return (str(error) or type(error).__name__).splitlines()[0]


class Trainer:
    def __init__(self, folder, threads):
        import torch
        import transformers

        self.torch = torch
        torch.set_num_threads(threads)
        torch.manual_seed(7)
        self.version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
        self.model.train()
        kept, decayed = [], []
        for name, parameter in self.model.named_parameters():
            (kept if "bias" in name or "LayerNorm" in name else decayed).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": 0.01}, {"params": kept, "weight_decay": 0.0}], lr=1e-5
        )
        self.batch = None

    def answer(self, words):
        if words[0] == "prepare":
            self.prepare(int(words[1]), [int(n) for n in words[2].split(",")])
            return "ok"
        if words[0] == "run":
            return "times " + " ".join(str(self.step()) for _ in range(int(words[1])))
        raise ValueError(f"there is no command '{words[0]}'")

    def prepare(self, vocabulary, lengths):
        torch = self.torch
        ids = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, length in enumerate(lengths):
            ids[row, :length] = torch.randint(0, vocabulary, (length,))
            mask[row, :length] = 1
        labels = torch.arange(len(lengths)) % self.model.config.num_labels
        self.batch = {"input_ids": ids, "attention_mask": mask, "labels": labels}

    def step(self):
        begin = time.perf_counter_ns()
        loss = self.model(**self.batch).loss
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        loss.item()
        return time.perf_counter_ns() - begin


if __name__ == "__main__":
    main()
