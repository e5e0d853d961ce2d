package detangle.models.text;

import tools.jackson.core.JsonGenerator;

/** DeBERTa's special tokens, and what a tokenizer.json says of them. */
final class SpecialTokens {
    static final String PAD = "[PAD]";
    static final String CLS = "[CLS]";
    static final String SEP = "[SEP]";
    static final String UNK = "[UNK]";
    static final String MASK = "[MASK]";

    private SpecialTokens() {}

    /**
     * An element of {@code added_tokens}, which is recognised in a text.
     *
     * @param normalized whether it is looked for in the normalised text
     * @param lstrip whether it takes the spaces before it
     */
    static void add(JsonGenerator json, int id, String content, boolean normalized, boolean lstrip) {
        json.writeStartObject();
        json.writeNumberProperty("id", id);
        json.writeStringProperty("content", content);
        json.writeBooleanProperty("single_word", false);
        json.writeBooleanProperty("lstrip", lstrip);
        json.writeBooleanProperty("rstrip", false);
        json.writeBooleanProperty("normalized", normalized);
        json.writeBooleanProperty("special", true);
        json.writeEndObject();
    }

    /** The {@code post_processor}: [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with B and its separator of type 1. */
    static void template(JsonGenerator json, int cls, int sep) {
        json.writeStartObject().writeStringProperty("type", "TemplateProcessing");
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
}
