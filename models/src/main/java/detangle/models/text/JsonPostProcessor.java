package detangle.models.text;

import detangle.models.text.encoder.PostProcessor;
import detangle.models.text.encoder.PostProcessor.Piece;
import detangle.models.text.encoder.PostProcessor.Trimming;
import detangle.models.text.encoder.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The {@code post_processor} of a tokenizer.json. */
final class JsonPostProcessor {
    private JsonPostProcessor() {}

    /**
     * Throws a {@link TokenizerException} if it does not frame each text exactly once, or if a part of it is missing.
     */
    static PostProcessor read(JsonComponent part) {
        return switch (part.type()) {
            case "TemplateProcessing" -> template(part.with("single", "pair", "special_tokens"));
            case "BertProcessing" -> {
                Token cls = token(part.with("sep", "cls"), "cls");
                Token sep = token(part, "sep");
                yield PostProcessor.bert(cls.content(), cls.id(), sep.content(), sep.id());
            }
            case "RobertaProcessing" -> {
                Token cls = token(part.with("sep", "cls", "trim_offsets", "add_prefix_space"), "cls");
                Token sep = token(part, "sep");
                yield PostProcessor.roberta(cls.content(), cls.id(), sep.content(), sep.id(), trimming(part));
            }
            case "ByteLevel" -> {
                part.with("add_prefix_space", "trim_offsets", "use_regex");
                yield trimming(part).map(PostProcessor.NONE::trimmed).orElse(PostProcessor.NONE);
            }
            case "Sequence" -> sequence(part.with("processors"));
            default -> throw part.unknownType();
        };
    }

    private record Token(String content, int id) {}

    private static Optional<Trimming> trimming(JsonComponent part) {
        boolean prefix = part.flag("add_prefix_space");
        return part.flag("trim_offsets") ? Optional.of(new Trimming(prefix)) : Optional.empty();
    }

    /** Returns any number of processors that trim offsets, and behind them one that frames. */
    private static PostProcessor sequence(JsonComponent sequence) {
        Optional<Trimming> trimming = Optional.empty();
        PostProcessor frame = PostProcessor.NONE;
        for (JsonComponent part : sequence.parts("processors")) {
            PostProcessor processor = read(part);
            if (frame != PostProcessor.NONE) {
                throw part.fault("stands behind one that frames the text, and cannot be combined with it");
            }
            if (trimming.isPresent() && processor.trimming().isPresent()) {
                throw part.fault("trims offsets a second time");
            }
            trimming = trimming.or(processor::trimming);
            if (!processor.single().equals(PostProcessor.NONE.single())) {
                frame = processor;
            }
        }
        PostProcessor framed = frame;
        return trimming.map(framed::trimmed).orElse(framed);
    }

    /** {@code ["[SEP]", 2]}. */
    private static Token token(JsonComponent part, String name) {
        JsonNode pair = part.node(name);
        if (!pair.isArray() || pair.size() != 2 || !pair.get(0).isString()) {
            throw part.fault("needs " + name + ", a token and its id");
        }
        return new Token(pair.get(0).stringValue(), id(part, pair.get(1)));
    }

    private static int id(JsonComponent part, JsonNode id) {
        if (!id.isInt() || id.intValue() < 0 || id.intValue() > Vocabulary.MAX_ID) {
            throw part.fault("has the id " + id + "; ids are whole numbers up to " + Vocabulary.MAX_ID);
        }
        return id.intValue();
    }

    private static PostProcessor template(JsonComponent part) {
        return new PostProcessor(Optional.empty(), frame(part, "single", 1), frame(part, "pair", 2));
    }

    private static List<Piece> frame(JsonComponent template, String form, int texts) {
        List<Piece> pieces = new ArrayList<>();
        int[] used = new int[2];
        for (JsonComponent part : template.parts(form)) {
            if (part.has("Sequence")) {
                JsonComponent text = part.part("Sequence").with("id", "type_id");
                int index = text.choice("id", List.of("A", "B"));
                if (index >= texts) {
                    throw template.fault("uses B in its template for one text");
                }
                used[index]++;
                pieces.add(new Piece.Text(index, typeId(text)));
            } else {
                JsonComponent special = part.part("SpecialToken").with("id", "type_id");
                special(template, special.text("id"), typeId(special), pieces);
            }
        }
        for (int index = 0; index < texts; index++) {
            if (used[index] != 1) {
                throw template.fault("uses " + "AB".charAt(index) + " " + used[index] + " times in its template '"
                        + form + "'; each text is used once");
            }
        }
        return pieces;
    }

    private static int typeId(JsonComponent part) {
        long type = part.count("type_id");
        if (type > Vocabulary.MAX_ID) {
            throw part.fault("has the type_id " + type);
        }
        return (int) type;
    }

    private static void special(JsonComponent template, String name, int typeId, List<Piece> pieces) {
        JsonNode special = template.node("special_tokens").path(name);
        if (special.isMissingNode()) {
            throw template.fault("uses " + JsonComponent.quoted(name) + ", which special_tokens lacks");
        }
        JsonNode ids = special.path("ids");
        JsonNode tokens = special.path("tokens");
        if (!ids.isArray() || !tokens.isArray() || ids.size() != tokens.size() || ids.size() > 16) {
            throw template.fault("needs ids and tokens of " + JsonComponent.quoted(name) + ", as many of both");
        }
        for (int i = 0; i < ids.size(); i++) {
            if (!tokens.get(i).isString()) {
                throw template.fault("has a token of " + JsonComponent.quoted(name) + " that is not a text");
            }
            pieces.add(new Piece.Special(tokens.get(i).stringValue(), id(template, ids.get(i)), typeId));
        }
    }
}
