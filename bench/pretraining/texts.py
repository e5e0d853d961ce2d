"""Writes the texts of ../shared/data for a pre-training, and a few labelled rows to fine-tune with.

    python3 bench/pretraining/texts.py DATA FOLDER

DATA is ../shared/data/datasets. The files of FOLDER are

    train.raw   a text a line: the texts of BANKING77's training rows, without their labels, the training texts of WNUT17,
                and the contexts of the English XQuAD, paragraph by paragraph
    valid.raw   every twentieth line of these, which train.raw does not have
    few.csv     the first ten training rows of each of BANKING77's 77 intents, with their labels
    config.json the model that ships, without its head: a small configuration to train from scratch
"""

import csv
import json
import pathlib
import sys

HELD_BACK = 20
ROWS = 10
OF_THE_HEAD = ("architectures", "id2label", "label2id", "torch_dtype", "dtype", "transformers_version")


def banking(data):
    with open(data / "banking77/train.csv", encoding="utf-8", newline="") as file:
        return [(" ".join(row["text"].split()), row["category"]) for row in csv.DictReader(file)]


def wnut(data):
    lines = (data / "wnut17/wnut17train.conll").read_text(encoding="utf-8").splitlines()
    ended, texts = True, []
    for line in lines:
        word = line.split("\t")[0].strip()
        if word and ended:
            texts.append([])
        if word:
            texts[-1].append(word)
        ended = not word
    return [" ".join(text) for text in texts]


def xquad(data):
    articles = json.loads((data / "xquad/xquad.en.json").read_text(encoding="utf-8"))["data"]
    return [" ".join(p["context"].split()) for article in articles for p in article["paragraphs"]]


def main():
    data, folder = (pathlib.Path(argument) for argument in sys.argv[1:3])
    folder.mkdir(parents=True, exist_ok=True)
    rows = banking(data)
    texts = [text for text, _ in rows] + wnut(data) + xquad(data)
    for name, held in ("train.raw", False), ("valid.raw", True):
        lines = [text for i, text in enumerate(texts) if (i % HELD_BACK == HELD_BACK - 1) == held]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    counts = {}
    with open(folder / "few.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        for text, label in rows:
            counts[label] = counts.get(label, 0) + 1
            if counts[label] <= ROWS:
                writer.writerow([text, label])
    model = pathlib.Path(__file__).parents[2] / "models/pretrained/banking77-small"
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    for field in OF_THE_HEAD:
        config.pop(field, None)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
