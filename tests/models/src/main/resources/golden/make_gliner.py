# Makes gliner.json beside it: what GLiNER's own code finds with a small model whose weights follow from a formula.
# Usage: python make_gliner.py TOKENIZER.json [FOLDER to save the first model in]; needs torch, transformers and gliner
import json, sys, os
import torch
from formula import fill
from transformers import PreTrainedTokenizerFast, DebertaV2Config
import transformers, gliner
from gliner.config import UniEncoderSpanConfig
from gliner.model import UniEncoderSpanGLiNER

HERE = os.path.dirname(os.path.abspath(__file__))

def model(mode, layers, tokenizer_file):
    tok = PreTrainedTokenizerFast(tokenizer_file=tokenizer_file, unk_token="[UNK]", pad_token="[PAD]",
        cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    enc = DebertaV2Config(vocab_size=4001, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, hidden_act="gelu", max_position_embeddings=64, type_vocab_size=0, layer_norm_eps=1e-7,
        relative_attention=True, max_relative_positions=-1, position_buckets=8, norm_rel_ebd="layer_norm",
        share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, pad_token_id=0)
    cfg = UniEncoderSpanConfig(model_name="microsoft/deberta-v3-small", max_width=4, hidden_size=12, span_mode=mode,
        num_rnn_layers=layers, max_len=40, encoder_config=enc.to_dict(), name="tiny")
    m = UniEncoderSpanGLiNER(cfg, tokenizer=tok, backbone_from_pretrained=False)
    m._resize_token_embeddings(m, cfg, tok)
    m.parameters_of_formula = fill(m.model, 1.0)
    m.eval()
    return m

TEXTS = ["Ada Lovelace lived in London, and worked with Charles Babbage.",
         "My card \U0001F600 ends in 1234-5678, call me on Monday!",
         "No."]
LABELS = ["person", "credit card", "location"]

def main(tokenizer_file):
    cases = []
    for mode, layers in (("markerV0", 1), ("marker", 1), ("markerV0", 0)):
        m = model(mode, layers, tokenizer_file)
        config = json.loads(m.config.to_json_string())
        asked = []
        for text in TEXTS:
            for options in ({"threshold": 0.5}, {"threshold": 0.4, "flat_ner": False},
                            {"threshold": 0.45, "multi_label": True}):
                found = m.predict_entities(text, LABELS, **options)
                asked.append({"text": text, "options": options, "entities": [
                    {"start": e["start"], "end": e["end"], "text": e["text"], "label": e["label"], "score": e["score"]}
                    for e in found]})
        cases.append({"config": config, "scale": 1.0, "parameters": m.parameters_of_formula,
            "asked": asked})
        print(mode, layers, [len(a["entities"]) for a in asked])
        if len(sys.argv) > 2 and mode == "markerV0" and layers == 1:
            m.save_pretrained(sys.argv[2])
    out = {"source": f"gliner {gliner.__version__}, torch {torch.__version__}, transformers {transformers.__version__}",
        "labels": LABELS, "cases": cases}
    with open(os.path.join(HERE, "gliner.json"), "w") as f:
        json.dump(out, f, indent=1, ensure_ascii=True)

main(sys.argv[1])
