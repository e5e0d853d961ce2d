# Makes questions.json beside it: what HuggingFace's question-answering pipeline says with a small model whose weights follow from a
# formula. transformers 5 has no such pipeline any more. Usage: python make_questions.py TOKENIZER.json; needs torch and transformers 4
import json, os, sys
import torch, transformers
from transformers import DebertaV2Config, DebertaV2ForQuestionAnswering, PreTrainedTokenizerFast, pipeline
from formula import fill

HERE = os.path.dirname(os.path.abspath(__file__))
SHORT = {"question": "Where does Ada live?", "context": "Ada lives in London, un-believably!"}
SMILING = {"question": "Where does Ada live?", "context": "Ada \U0001F600 lives in London, un-believably!"}
LONG = {"question": "Who lives in London?", "context": " ".join(
    f"{name} Babbage lives in {city}.\nHer cards\u00a0are swallowed, un-believably, in {city}!"
    for name, city in [("Ada", "London"), ("Grace", "Arlington"), ("Ada", "london"), ("Mary", "Rome"), ("Sophie", "Paris")])}

class Window:
    """A part of an encoding, which knows tokens by their places in the part."""
    def __init__(self, whole, kept):
        self.whole, self.kept = whole, kept
        self.offsets = [whole.offsets[i] for i in kept]

    def token_to_word(self, token):
        return self.whole.word_ids[self.kept[token]]

    def word_to_chars(self, word, sequence_index):
        return self.whole.word_to_chars(word, sequence_index)

class Windows(dict):
    """What the tokenizer gives the pipeline: columns by name, windows by number."""
    def __init__(self, whole, parts):
        super().__init__(input_ids=[[whole.ids[i] for i in p] for p in parts], token_type_ids=[[whole.type_ids[i] for i in p] for p in parts],
            attention_mask=[[1] * len(p) for p in parts])
        self.whole, self.parts = whole, parts

    def sequence_ids(self, i):
        return [self.whole.sequence_ids[k] for k in self.parts[i]]

    def __getitem__(self, key):
        return Window(self.whole, self.parts[key]) if isinstance(key, int) else super().__getitem__(key)

class Tokenizer(PreTrainedTokenizerFast):
    """Divides long texts itself: tokenizers 0.23.2 loses the end of a text that it divides into windows."""
    def __call__(self, text, text_pair, max_length, stride, **ignored):
        whole = self._tokenizer.encode(text, text_pair)
        of_text = [i for i, s in enumerate(whole.sequence_ids) if s == 1]
        others = [i for i, s in enumerate(whole.sequence_ids) if s != 1]
        room = max_length - len(others)
        starts = [0]
        while starts[-1] + room < len(of_text):
            starts.append(starts[-1] + room - stride)
        return Windows(whole, [sorted(others + of_text[s:s + room]) for s in starts])

def asked():
    for args, length in ((SHORT, {}), (LONG, {"max_seq_len": 40, "doc_stride": 12})):
        for top_k in (1, 4):
            for align in (True, False):
                for impossible in (False, True):
                    yield args, dict(length, top_k=top_k, align_to_words=align, handle_impossible_answer=impossible)
    yield SMILING, {"top_k": 4}
    yield SHORT, {"top_k": 6, "handle_impossible_answer": True, "max_answer_len": 1}
    yield LONG, {"max_seq_len": 40, "doc_stride": 12, "top_k": 8, "max_answer_len": 2}

def main(tokenizer_file):
    config = dict(model_type="deberta-v2", vocab_size=4001, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, hidden_act="gelu", max_position_embeddings=64, type_vocab_size=0, layer_norm_eps=1e-7,
        relative_attention=True, max_relative_positions=-1, position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True,
        pos_att_type=["p2c", "c2p"], position_biased_input=False, pad_token_id=0, pooler_hidden_act="gelu", pooler_hidden_size=16)
    scale = 2.0
    model = DebertaV2ForQuestionAnswering(DebertaV2Config(**config)).eval()
    parameters = fill(model, scale)
    tokenizer = Tokenizer(tokenizer_file=tokenizer_file, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=config["max_position_embeddings"])
    run = pipeline("question-answering", model=model, tokenizer=tokenizer, device="cpu")
    answers = []
    for args, options in asked():
        answer = run(**args, **options)
        answers.append({"args": args, "options": options, "answer": answer if isinstance(answer, list) else [answer]})
    case = {"task": "question-answering", "config": dict(config, architectures=["DebertaV2ForQuestionAnswering"]), "scale": scale,
        "parameters": parameters, "asked": answers}
    with open(os.path.join(HERE, "questions.json"), "w") as f:
        json.dump({"source": f"transformers {transformers.__version__}, torch {torch.__version__}", "cases": [case]}, f, indent=1,
            ensure_ascii=True)

main(sys.argv[1])
