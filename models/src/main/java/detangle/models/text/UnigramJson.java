package detangle.models.text;

import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The tokenizer.json of a SentencePiece model, as DebertaV2Converter of transformers 4
 * (convert_slow_tokenizer.py) makes it.
 */
record UnigramJson(String json, int vocabSize, int padTokenId, int maskTokenId) {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String META_SPACE = "\u2581";

    /** A {@link TokenizerException} if the model lacks the special pieces of DeBERTa's. */
    static UnigramJson convert(Path file, SentencePieceModel model, TokenizerSettings options) {
        List<SentencePieceModel.Piece> pieces = model.pieces();
        int pad = model.require(file, SpecialTokens.PAD);
        int cls = model.require(file, SpecialTokens.CLS);
        int sep = model.require(file, SpecialTokens.SEP);
        int unknown = model.unknownId(file);
        // Not a piece in the released models: the original tokenizer appends it.
        int mask = model.find(SpecialTokens.MASK).orElse(pieces.size());

        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeStringProperty("version", "1.0");
            json.writeName("added_tokens").writeStartArray();
            SpecialTokens.add(json, pad, SpecialTokens.PAD, false, false);
            SpecialTokens.add(json, cls, SpecialTokens.CLS, false, false);
            SpecialTokens.add(json, sep, SpecialTokens.SEP, false, false);
            SpecialTokens.add(json, unknown, pieces.get(unknown).text(), true, false);
            SpecialTokens.add(json, mask, SpecialTokens.MASK, false, false);
            json.writeEndArray();
            json.writeName("normalizer");
            normalizer(json, model.charsmap(), options);
            json.writeName("pre_tokenizer");
            preTokenizer(json, options);
            json.writeName("post_processor");
            SpecialTokens.template(json, cls, sep);
            json.writeName("decoder");
            metaspace(json);
            json.writeName("model");
            unigram(json, pieces, unknown);
            json.writeEndObject();
        }
        return new UnigramJson(text.toString(), Math.max(mask + 1, pieces.size()), pad, mask);
    }

    private static void normalizer(JsonGenerator json, byte[] charsmap, TokenizerSettings options) {
        json.writeStartObject();
        json.writeStringProperty("type", "Sequence");
        json.writeName("normalizers").writeStartArray();
        if (options.doLowerCase()) {
            startOfType(json, "Lowercase").writeEndObject();
        }
        startOfType(json, "Strip");
        json.writeBooleanProperty("strip_left", true);
        json.writeBooleanProperty("strip_right", true);
        json.writeEndObject();
        if (charsmap.length > 0) {
            startOfType(json, "Precompiled");
            json.writeStringProperty("precompiled_charsmap", Base64.getEncoder().encodeToString(charsmap));
            json.writeEndObject();
        }
        startOfType(json, "Replace");
        json.writeObjectPropertyStart("pattern")
                .writeStringProperty("Regex", " {2,}")
                .writeEndObject();
        json.writeStringProperty("content", " ");
        json.writeEndObject();
        json.writeEndArray().writeEndObject();
    }

    private static void preTokenizer(JsonGenerator json, TokenizerSettings options) {
        startOfType(json, "Sequence");
        json.writeName("pretokenizers").writeStartArray();
        if (options.splitByPunct()) {
            startOfType(json, "Punctuation")
                    .writeStringProperty("behavior", "Isolated")
                    .writeEndObject();
        }
        metaspace(json);
        json.writeEndArray().writeEndObject();
    }

    private static void metaspace(JsonGenerator json) {
        startOfType(json, "Metaspace");
        json.writeStringProperty("replacement", META_SPACE);
        json.writeStringProperty("prepend_scheme", "always");
        json.writeBooleanProperty("split", true);
        json.writeEndObject();
    }

    private static void unigram(JsonGenerator json, List<SentencePieceModel.Piece> pieces, int unknown) {
        startOfType(json, "Unigram");
        json.writeNumberProperty("unk_id", unknown);
        json.writeName("vocab").writeStartArray();
        for (SentencePieceModel.Piece piece : pieces) {
            json.writeStartArray();
            json.writeString(piece.text());
            // The library keeps scores as doubles: the float's exact value decides ties as in the converted file.
            json.writeNumber((double) piece.score());
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeBooleanProperty("byte_fallback", false);
        json.writeEndObject();
    }

    private static JsonGenerator startOfType(JsonGenerator json, String type) {
        return json.writeStartObject().writeStringProperty("type", type);
    }
}
