"""Compares a step of training here with the same step in PyTorch by HuggingFace's models, parameter by parameter.

For each kind of model it writes a small checkpoint with random weights by transformers, takes one step of AdamW over the same
rows in both, and compares the parameters. What was trained here is then read by transformers (an adapter by peft), and the
logits are compared. Run by hand from the root of the project, with a Python that has torch, transformers, peft and
safetensors; no build and no test needs it:

    PYTHON bench/peers/huggingface_training_step.py

It ends with an error if anything is farther apart than shared/goldens-training/README.md allows of single precision.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import peft
import torch
import transformers
from safetensors.torch import load_file

HOME = pathlib.Path(__file__).resolve().parents[2]
TOKENIZER = HOME / "models/pretrained/banking77-small/tokenizer.json"
RATE = 0.005
DECAY = 0.01
STEP = [
    "--max-steps", "1", "--per-device-train-batch-size", "8", "--weight-decay", str(DECAY), "--lr-scheduler-type", "constant",
    "--max-grad-norm", "1",
]  # fmt: skip

# The tolerances of single precision: of the loss relative, of parameters for all but a thousandth, of the rest, of logits.
LOSS, PARAMETER, FAR, REST, LOGITS = 2e-5, 2e-5, 1e-3, 2 * RATE, 1e-4

TEXTS = [
    ("my card has not arrived", "card"),
    ("I would like to know the exchange rate for euros, please", "rate"),
    ("where is it", "card"),
    ("why was I charged twice for the same transfer?", "fee"),
    ("the rate seems wrong to me", "rate"),
    ("cancel", "fee"),
]
TAGGED = [
    (["Anna", "Smith", "flew", "to", "Berlin"], ["B-PER", "I-PER", "O", "O", "B-LOC"]),
    (["nobody", "came"], ["O", "O"]),
    (["the", "card", "of", "Bob", "expired", "yesterday"], ["O", "O", "O", "B-PER", "O", "O"]),
]
CONTEXT = "The card arrived on Monday. The fee was two euros, and the rate was fair."
QUESTIONS = [("When did the card arrive?", "on Monday"), ("What was the fee?", "two euros"), ("And the rate?", "fair")]


def config(kind, labels):
    common = dict(
        vocab_size=4001, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pooler_dropout=0.0, cls_dropout=0.0,
        max_position_embeddings=96, type_vocab_size=0, initializer_range=0.1, layer_norm_eps=1e-7, relative_attention=True,
        position_biased_input=False, pooler_hidden_size=48, pooler_hidden_act="gelu", pad_token_id=0,
        id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)},
    )  # fmt: skip
    if kind == "v1":
        return transformers.DebertaConfig(**common, pos_att_type=["c2p", "p2c"])
    later = dict(position_buckets=16, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"])
    if kind == "v2":
        later.update(conv_kernel_size=3, conv_act="gelu")
    return transformers.DebertaV2Config(**common, **later)


def checkpoint(folder, kind, auto, labels):
    torch.manual_seed(3)
    model = auto.from_config(config(kind, labels))
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:  # Biases begin with 0 and scales with 1, which would hide where they are read.
            parameter.data += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
    return transformers.PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), pad_token="[PAD]")


def padded(tokenizer, encodings, **labels):
    length = max(len(e["input_ids"]) for e in encodings)
    batch = {"input_ids": [], "attention_mask": []}
    for e in encodings:
        more = length - len(e["input_ids"])
        batch["input_ids"].append(e["input_ids"] + [0] * more)
        batch["attention_mask"].append([1] * len(e["input_ids"]) + [0] * more)
    for name, values in labels.items():
        wide = isinstance(values[0], list)
        batch[name] = [v + [-100] * (length - len(v)) for v in values] if wide else values
    return {name: torch.tensor(values) for name, values in batch.items()}


def classification(work, tokenizer, labels):
    rows = work / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text": t, "label": label}) + "\n" for t, label in TEXTS))
    encodings = [tokenizer(text) for text, _ in TEXTS]
    return rows, padded(tokenizer, encodings, labels=[labels.index(label) for _, label in TEXTS])


def tagging(work, tokenizer, labels):
    rows = work / "rows.jsonl"
    rows.write_text("".join(json.dumps({"tokens": w, "ner_tags": t}) + "\n" for w, t in TAGGED))
    encodings = [tokenizer(words, is_split_into_words=True) for words, _ in TAGGED]
    wanted = []
    for (_, tags), encoding in zip(TAGGED, encodings):
        words = encoding.word_ids()
        first = [w is not None and (i == 0 or words[i - 1] != w) for i, w in enumerate(words)]
        wanted.append([labels.index(tags[w]) if f else -100 for w, f in zip(words, first)])
    return rows, padded(tokenizer, encodings, labels=wanted)


def answering(work, tokenizer, _):
    rows = work / "rows.jsonl"
    starts, ends, encodings = [], [], []
    with open(rows, "w") as file:
        for number, (question, answer) in enumerate(QUESTIONS):
            at = CONTEXT.index(answer)
            answers = {"text": [answer], "answer_start": [at]}
            file.write(json.dumps({"id": str(number), "question": question, "context": CONTEXT, "answers": answers}) + "\n")
            encoding = tokenizer(question, CONTEXT, return_offsets_mapping=True)
            of_context = [i for i, s in enumerate(encoding.sequence_ids()) if s == 1]
            offsets = encoding["offset_mapping"]
            starts.append(max(i for i in of_context if offsets[i][0] <= at))
            ends.append(min(i for i in of_context if offsets[i][1] >= at + len(answer)))
            encodings.append(encoding)
    return rows, padded(tokenizer, encodings, start_positions=starts, end_positions=ends)


def step(model, batch):
    """A step as transformers' Trainer takes it: clipping, AdamW, decay of what it says decays."""
    model.train()
    decaying = set(transformers.Trainer.get_decay_parameter_names(None, model))
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for name, p in trained if (name in decaying) == decays], "weight_decay": DECAY if decays else 0.0}
        for decays in (True, False)
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    loss = model(**batch).loss
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_([p for _, p in trained], 1.0)
    optimizer.step()
    return loss.item(), norm.item()


def train(model, rows, output, *more):
    command = [HOME / "detangle", "train", model, "--train-file", rows, "--output-dir", output, *STEP, *more]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    entries = json.loads((output / "trainer_state.json").read_text())["log_history"]
    return next((e["loss"], e["grad_norm"]) for e in entries if "grad_norm" in e)


def logits_here(work, model, batch, *more):
    inputs = work / "inputs.json"
    case = {name: batch[name].tolist() for name in ("input_ids", "attention_mask")}
    inputs.write_text(json.dumps({"cases": [{"name": "rows", **case}]}))
    output = work / "outputs.safetensors"
    command = [HOME / "detangle", "run", model, "--inputs", inputs, "-o", output, *more]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return {name.removeprefix("rows."): t for name, t in load_file(output).items() if "logits" in name}


def logits_there(model, batch):
    model.eval()
    with torch.no_grad():
        outputs = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
    return {name: tensor for name, tensor in outputs.items() if "logits" in name}


def compare(name, here, there, ours, theirs, before, batch, logits):
    """Prints a line of what differs, and returns whether it is within the tolerances."""
    assert ours.keys() == theirs.keys(), ours.keys() ^ theirs.keys()
    differences = torch.cat([(ours[n].double() - theirs[n].double()).abs().flatten() for n in ours])
    moved = torch.cat([(theirs[n].double() - before[n].double()).abs().flatten() for n in ours])
    far = (differences > PARAMETER).sum().item()
    mask = batch["attention_mask"].bool()
    apart = 0.0
    assert logits[0].keys() == logits[1].keys(), (logits[0].keys(), logits[1].keys())
    for key in logits[0]:
        a, b = logits[0][key], logits[1][key]
        positions = a.shape[:2] == mask.shape
        apart = max(apart, (a[mask] - b[mask] if positions else a - b).abs().max().item())
    fits = (
        abs(here[0] - there[0]) <= LOSS * there[0]
        and abs(here[1] - there[1]) <= 1e-4 * there[1]
        and far <= FAR * differences.numel()
        and differences.max().item() <= REST
        and apart <= LOGITS
    )
    print(
        f"{name:26} {differences.numel():9,} {here[0]:9.6f} {there[0]:9.6f} {here[1]:8.5f} {there[1]:8.5f} "
        f"{moved.max().item():8.1e} {differences.max().item():8.1e} {far:6} {apart:8.1e}{'' if fits else '  TOO FAR'}",
        flush=True,
    )
    for n in ours:
        count = ((ours[n].double() - theirs[n].double()).abs() > PARAMETER).sum().item()
        if count > 0:
            print(f"    {count} of {n}", flush=True)
    return fits


def whole(folder, name, kind, auto, task, labels):
    work = folder / name.replace(" ", "-")
    tokenizer = checkpoint(work / "model", kind, auto, labels)
    rows, batch = task(work, tokenizer, labels)
    model = auto.from_pretrained(work / "model", dtype=torch.float32)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    there = step(model, batch)
    theirs = {n: p.detach() for n, p in model.named_parameters()}
    trained = work / "trained"
    here = train(work / "model", rows, trained, "--learning-rate", RATE)
    ours = load_file(trained / "model.safetensors")
    read = auto.from_pretrained(trained, dtype=torch.float32)
    logits = logits_here(work, trained, batch), logits_there(read, batch)
    return compare(name, here, there, ours, theirs, before, batch, logits)


def adapter(folder, name, kind, targets):
    """Writes the adapter that training begins with by an update that changes no bit; the seed of both is the same."""
    auto, labels = transformers.AutoModelForSequenceClassification, ["card", "fee", "rate"]
    work = folder / name.replace(" ", "-")
    tokenizer = checkpoint(work / "model", kind, auto, labels)
    rows, batch = classification(work, tokenizer, labels)
    lora = ["--lora", "--lora-r", 4, "--lora-alpha", 8, "--lora-target-modules", targets]
    train(work / "model", rows, work / "first", "--learning-rate", 1e-30, *lora)
    here = train(work / "model", rows, work / "trained", "--learning-rate", RATE, *lora)

    def loaded(adapter_folder):
        base = auto.from_pretrained(work / "model", dtype=torch.float32)
        return peft.PeftModel.from_pretrained(base, adapter_folder, is_trainable=True)

    model = loaded(work / "first")
    before = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}
    there = step(model, batch)
    theirs = {n: p.detach() for n, p in model.named_parameters() if p.requires_grad}
    read = loaded(work / "trained")
    ours = {n: p.detach() for n, p in read.named_parameters() if p.requires_grad}
    logits = logits_here(work, work / "model", batch, "--adapter", work / "trained"), logits_there(read, batch)
    return compare(name, here, there, ours, theirs, before, batch, logits)


def main():
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    print(f"PyTorch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}")
    heads = ["loss", "there", "norm", "there", "change", "apart", "> 2e-5", "logits"]
    print(" ".join([f"{'':26} {'trained':>9}"] + [f"{h:>{w}}" for h, w in zip(heads, [9, 9, 8, 8, 8, 8, 6, 8])]))
    labels = ["card", "fee", "rate"]
    tags = ["B-LOC", "B-PER", "I-PER", "O"]
    classifier = transformers.AutoModelForSequenceClassification
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        fits = [
            whole(folder, f"{kind} sequence classification", kind, classifier, classification, labels)
            for kind in ("v1", "v2", "v3")
        ]
        fits.append(
            whole(folder, "v3 token classification", "v3", transformers.AutoModelForTokenClassification, tagging, tags)
        )
        fits.append(
            whole(folder, "v3 question answering", "v3", transformers.AutoModelForQuestionAnswering, answering, ["a", "b"])
        )
        fits.append(adapter(folder, "v3 LoRA and classifier", "v3", "query_proj,value_proj"))
        fits.append(adapter(folder, "v1 LoRA and classifier", "v1", "in_proj"))
    sys.exit(0 if all(fits) else "some are farther apart than allowed")


if __name__ == "__main__":
    main()
