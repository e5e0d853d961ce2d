"""The protocol of detangle.bench.worker.WorkerMain for the scripts of this folder: a line is answered by a line."""

import os
import sys


def serve(load):
    """Answers commands by what `load()` returns, which has a `version` and a method `answer(words)`, until they end."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # Whatever a library prints does not belong among the answers.
    try:
        subject = load()
    except Exception as error:
        print("error " + one_line(error), file=answers)
        return
    print("ready " + subject.version, file=answers)
    for line in sys.stdin:
        try:
            print(subject.answer(line.split()), file=answers)
        except Exception as error:
            print("error " + one_line(error), file=answers)


def one_line(error):
    return (str(error) or type(error).__name__).splitlines()[0]


def random_batch(torch, vocabulary, lengths):
    """Returns ids and the mask of sequences of these lengths, padded on the right to the longest."""
    ids = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(0, vocabulary, (length,))
        mask[row, :length] = 1
    return {"input_ids": ids, "attention_mask": mask}
