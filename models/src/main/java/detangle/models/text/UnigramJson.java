package detangle.models.text;

import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The tokenizer.json of a SentencePiece model, as DebertaV2Converter of transformers 4
 * (convert_slow_tokenizer.py) makes it.
 */
record UnigramJson(String json, int vocabSize, int padTokenId) {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String CLS = "[CLS]";
    private static final String SEP = "[SEP]";
    private static final String MASK = "[MASK]";
    private static final String META_SPACE = "\u2581";

    /** A {@link TokenizerException} if the model lacks the special pieces of DeBERTa's. */
    static UnigramJson convert(Path file, SentencePieceModel model, SentencePieceOptions options) {
        List<SentencePieceModel.Piece> pieces = model.pieces();
        int pad = idOf(file, pieces, TokenizerJson.PAD);
        int cls = idOf(file, pieces, CLS);
        int sep = idOf(file, pieces, SEP);
        int unknown = IntStream.range(0, pieces.size())
                .filter(i -> pieces.get(i).unknown())
                .findFirst()
                .orElseThrow(() -> new TokenizerException(file, "has no piece for the unknown"));
        // Not a piece in the released models: the original tokenizer appends it.
        int mask = find(pieces, MASK).orElse(pieces.size());

        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeStringProperty("version", "1.0");
            json.writeName("added_tokens").writeStartArray();
            addedToken(json, pad, TokenizerJson.PAD, false);
            addedToken(json, cls, CLS, false);
            addedToken(json, sep, SEP, false);
            addedToken(json, unknown, pieces.get(unknown).text(), true);
            addedToken(json, mask, MASK, false);
            json.writeEndArray();
            json.writeName("normalizer");
            normalizer(json, model.charsmap(), options);
            json.writeName("pre_tokenizer");
            preTokenizer(json, options);
            json.writeName("post_processor");
            template(json, cls, sep);
            json.writeName("model");
            unigram(json, pieces, unknown);
            json.writeEndObject();
        }
        return new UnigramJson(text.toString(), Math.max(mask + 1, pieces.size()), pad);
    }

    private static OptionalInt find(List<SentencePieceModel.Piece> pieces, String text) {
        return IntStream.range(0, pieces.size())
                .filter(i -> pieces.get(i).text().equals(text))
                .findFirst();
    }

    private static int idOf(Path file, List<SentencePieceModel.Piece> pieces, String text) {
        return find(pieces, text)
                .orElseThrow(() -> new TokenizerException(file, "has no piece " + text + ", so it is not DeBERTa's"));
    }

    private static void addedToken(JsonGenerator json, int id, String content, boolean normalized) {
        json.writeStartObject();
        json.writeNumberProperty("id", id);
        json.writeStringProperty("content", content);
        json.writeBooleanProperty("single_word", false);
        json.writeBooleanProperty("lstrip", false);
        json.writeBooleanProperty("rstrip", false);
        json.writeBooleanProperty("normalized", normalized);
        json.writeBooleanProperty("special", true);
        json.writeEndObject();
    }

    private static void normalizer(JsonGenerator json, byte[] charsmap, SentencePieceOptions options) {
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

    private static void preTokenizer(JsonGenerator json, SentencePieceOptions options) {
        startOfType(json, "Sequence");
        json.writeName("pretokenizers").writeStartArray();
        if (options.splitByPunct()) {
            startOfType(json, "Punctuation")
                    .writeStringProperty("behavior", "Isolated")
                    .writeEndObject();
        }
        startOfType(json, "Metaspace");
        json.writeStringProperty("replacement", META_SPACE);
        json.writeStringProperty("prepend_scheme", "always");
        json.writeBooleanProperty("split", true);
        json.writeEndObject();
        json.writeEndArray().writeEndObject();
    }

    /** [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with B and its separator of type 1. */
    private static void template(JsonGenerator json, int cls, int sep) {
        startOfType(json, "TemplateProcessing");
        json.writeName("single").writeStartArray();
        part(json, "SpecialToken", CLS, 0);
        part(json, "Sequence", "A", 0);
        part(json, "SpecialToken", SEP, 0);
        json.writeEndArray();
        json.writeName("pair").writeStartArray();
        part(json, "SpecialToken", CLS, 0);
        part(json, "Sequence", "A", 0);
        part(json, "SpecialToken", SEP, 0);
        part(json, "Sequence", "B", 1);
        part(json, "SpecialToken", SEP, 1);
        json.writeEndArray();
        json.writeName("special_tokens").writeStartObject();
        specialToken(json, CLS, cls);
        specialToken(json, SEP, sep);
        json.writeEndObject().writeEndObject();
    }

    private static void part(JsonGenerator json, String kind, String id, int typeId) {
        json.writeStartObject().writeName(kind).writeStartObject();
        json.writeStringProperty("id", id);
        json.writeNumberProperty("type_id", typeId);
        json.writeEndObject().writeEndObject();
    }

    private static void specialToken(JsonGenerator json, String token, int id) {
        json.writeName(token).writeStartObject();
        json.writeStringProperty("id", token);
        json.writeName("ids").writeStartArray().writeNumber(id).writeEndArray();
        json.writeName("tokens").writeStartArray().writeString(token).writeEndArray();
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
