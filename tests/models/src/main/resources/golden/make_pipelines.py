# Makes pipelines.json beside it: what HuggingFace's pipelines say with small models whose weights follow from a formula.
# Usage: python make_pipelines.py TOKENIZER.json; needs torch and transformers
import json, os, sys
import torch, transformers
from transformers import (DebertaV2Config, DebertaV2ForMaskedLM, DebertaV2ForSequenceClassification,
    DebertaV2ForTokenClassification, PreTrainedTokenizerFast, pipeline)
from formula import fill

HERE = os.path.dirname(os.path.abspath(__file__))
TEXTS = ["Where is my new card?", "Ada \U0001F600 lives in London, un-believably!", "No."]

# An unknown token begins a word, also where no space stands before it.
GLUED = "Where\U0001F600is London\U0001F600?"

def plain(x):
    """Numbers of torch and numpy as those of Python."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return x.item() if hasattr(x, "item") else x

class Maker:
    def __init__(self, tokenizer_file):
        self.file = tokenizer_file
        self.cases = []

    def tokenizer(self, length):
        return PreTrainedTokenizerFast(tokenizer_file=self.file, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
            sep_token="[SEP]", mask_token="[MASK]", model_max_length=length)

    def case(self, task, cls, labels, asked, scale=1.0, **config):
        base = dict(model_type="deberta-v2", vocab_size=4001, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=24, hidden_act="gelu", max_position_embeddings=64, type_vocab_size=0, layer_norm_eps=1e-7,
            relative_attention=True, max_relative_positions=-1, position_buckets=8, norm_rel_ebd="layer_norm",
            share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, pad_token_id=0,
            pooler_hidden_act="gelu", pooler_hidden_size=16, id2label={i: l for i, l in enumerate(labels)},
            label2id={l: i for i, l in enumerate(labels)}, **config)
        model = cls(DebertaV2Config(**base)).eval()
        parameters = fill(model, scale)
        run = pipeline(task, model=model, tokenizer=self.tokenizer(base["max_position_embeddings"]), device="cpu")
        answers = []
        for args, options in asked:
            answers.append({"args": args, "options": options, "answer": plain(run(args, **options))})
        stored = dict(base, architectures=[cls.__name__])
        self.cases.append({"task": task, "config": stored, "scale": scale, "parameters": parameters, "asked": answers})

    # Long texts are left out: tokenizers 0.23.2 loses the end of a text that it divides into windows.
    def all(self):
        seq = DebertaV2ForSequenceClassification
        texts = [(t, {"top_k": None}) for t in TEXTS]
        self.case("text-classification", seq, ["bad", "fair", "good"], texts)
        self.case("text-classification", seq, ["bad", "fair", "good"], texts, problem_type="multi_label_classification")
        self.case("text-classification", seq, ["good"], texts)
        self.case("text-classification", seq, ["good"], texts, problem_type="regression")
        zero = []
        for t in TEXTS:
            for multi in (False, True):
                zero.append((t, {"candidate_labels": ["money", "travel", "sport"], "multi_label": multi,
                    "hypothesis_template": "It is about {}."}))
            zero.append((t, {"candidate_labels": ["money"], "multi_label": False, "hypothesis_template": "This example is {}."}))
        self.case("zero-shot-classification", seq, ["ENTAILMENT", "neutral", "contradiction"], zero)
        self.case("zero-shot-classification", seq, ["contradiction", "entailment"], zero)
        tokens = [(t, {"aggregation_strategy": s}) for t in TEXTS + [GLUED] for s in ("none", "simple", "first", "average", "max")]
        self.case("token-classification", DebertaV2ForTokenClassification, ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], tokens,
            scale=1.3)
        masks = [("Where is my [MASK]?", {}), ("[MASK] is my new [MASK].", {"top_k": 3}),
                 ("Where is my [MASK]?", {"targets": ["card", "money", "bank"]})]
        self.case("fill-mask", DebertaV2ForMaskedLM, ["LABEL_0"], masks)

maker = Maker(sys.argv[1])
maker.all()
with open(os.path.join(HERE, "pipelines.json"), "w") as f:
    json.dump({"source": f"transformers {transformers.__version__}, torch {torch.__version__}", "cases": maker.cases}, f,
        indent=1, ensure_ascii=True)
