package detangle.models.text;

import detangle.models.text.encoder.Charsmap;
import detangle.models.text.encoder.Decoder;
import detangle.models.text.encoder.Normalizer;
import detangle.models.text.encoder.PreTokenizer;
import detangle.models.text.encoder.SafePattern;
import detangle.models.text.encoder.TextPattern;
import java.text.Normalizer.Form;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The normalizers, pre-tokenizers and decoders of a tokenizer.json: those of which tokenizers of DeBERTa's consist,
 * with the fields that they have. Anything else is refused by its name.
 */
final class JsonComponents {
    private static final List<String> BEHAVIORS =
            List.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");
    private static final List<String> PREPEND_SCHEMES = List.of("always", "first", "never");

    /** An expression that is common and need not be run as one: a character a number of times in a row, or more. */
    private static final Pattern RUN = Pattern.compile("([^\\\\\\[\\](){}.*+?^$|])\\{([1-9]),\\}");

    private JsonComponents() {}

    static Normalizer normalizer(JsonComponent part) {
        return switch (part.type()) {
            case "Sequence" ->
                new Normalizer.Sequence(all(part.with("normalizers"), "normalizers", JsonComponents::normalizer));
            case "Lowercase" -> only(part, new Normalizer.Lowercase());
            case "Strip" ->
                new Normalizer.Strip(
                        part.with("strip_left", "strip_right").flag("strip_left"), part.flag("strip_right"));
            case "StripAccents" -> only(part, new Normalizer.StripAccents());
            case "NFC" -> only(part, new Normalizer.Unicode(Form.NFC));
            case "NFD" -> only(part, new Normalizer.Unicode(Form.NFD));
            case "NFKC" -> only(part, new Normalizer.Unicode(Form.NFKC));
            case "NFKD" -> only(part, new Normalizer.Unicode(Form.NFKD));
            case "Nmt" -> only(part, new Normalizer.Nmt());
            case "Precompiled" -> new Normalizer.Precompiled(charsmap(part.with("precompiled_charsmap")));
            case "Replace" -> new Normalizer.Replace(pattern(part.with("pattern", "content")), part.text("content"));
            case "Prepend" -> new Normalizer.Prepend(part.with("prepend").text("prepend"));
            case "BertNormalizer" ->
                new Normalizer.Bert(
                        part.with("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
                                .flag("clean_text"),
                        part.flag("handle_chinese_chars"),
                        part.optionalFlag("strip_accents"),
                        part.flag("lowercase"));
            default -> throw part.unknownType();
        };
    }

    static PreTokenizer preTokenizer(JsonComponent part) {
        return switch (part.type()) {
            case "Sequence" -> {
                part.with("pretokenizers");
                yield new PreTokenizer.Sequence(all(part, "pretokenizers", JsonComponents::preTokenizer));
            }
            case "Metaspace" ->
                new PreTokenizer.Metaspace(
                        part.character("replacement"), prependScheme(part), part.flag("split", true));
            case "Punctuation" ->
                new PreTokenizer.Punctuation(
                        part.with("behavior").has("behavior") ? behavior(part) : PreTokenizer.Behavior.ISOLATED);
            case "ByteLevel" -> {
                part.with("add_prefix_space", "trim_offsets", "use_regex").flag("trim_offsets");
                yield new PreTokenizer.ByteLevel(part.flag("add_prefix_space"), part.flag("use_regex", true));
            }
            case "Whitespace" -> only(part, new PreTokenizer.Whitespace());
            case "WhitespaceSplit" -> only(part, new PreTokenizer.WhitespaceSplit());
            case "BertPreTokenizer" -> only(part, new PreTokenizer.Bert());
            case "Digits" ->
                new PreTokenizer.Digits(part.with("individual_digits").flag("individual_digits"));
            case "Split" ->
                new PreTokenizer.Split(
                        pattern(part.with("pattern", "behavior", "invert")), behavior(part), part.flag("invert"));
            default -> throw part.unknownType();
        };
    }

    static Decoder decoder(JsonComponent part) {
        return switch (part.type()) {
            case "Sequence" -> new Decoder.Sequence(all(part.with("decoders"), "decoders", JsonComponents::decoder));
            case "Metaspace" ->
                new Decoder.Metaspace(
                        part.character("replacement"), prependScheme(part) != PreTokenizer.PrependScheme.NEVER);
            case "ByteLevel" -> {
                part.with("add_prefix_space", "trim_offsets", "use_regex");
                yield new Decoder.ByteLevel();
            }
            case "WordPiece" ->
                new Decoder.WordPiece(part.with("prefix", "cleanup").text("prefix"), part.flag("cleanup"));
            case "ByteFallback" -> only(part, new Decoder.ByteFallback());
            case "Fuse" -> only(part, new Decoder.Fuse());
            case "Replace" -> new Decoder.Replace(pattern(part.with("pattern", "content")), part.text("content"));
            case "Strip" ->
                new Decoder.Strip(
                        part.with("content", "start", "stop").character("content"),
                        part.count("start"),
                        part.count("stop"));
            case "BPEDecoder" -> {
                if (part.with("suffix").text("suffix").isEmpty()) {
                    throw part.fault("has an empty suffix");
                }
                yield new Decoder.Bpe(part.text("suffix"));
            }
            default -> throw part.unknownType();
        };
    }

    private static <T> List<T> all(JsonComponent part, String name, Function<JsonComponent, T> read) {
        return part.parts(name).stream().map(read).toList();
    }

    /** Returns a component without fields. */
    private static <T> T only(JsonComponent part, T component) {
        part.with();
        return component;
    }

    private static PreTokenizer.Behavior behavior(JsonComponent part) {
        return PreTokenizer.Behavior.values()[part.choice("behavior", BEHAVIORS)];
    }

    /** Older files say {@code add_prefix_space} alone. */
    private static PreTokenizer.PrependScheme prependScheme(JsonComponent part) {
        part.with("replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
        boolean prefix = part.flag("add_prefix_space", true);
        if (!part.has("prepend_scheme")) {
            return prefix ? PreTokenizer.PrependScheme.ALWAYS : PreTokenizer.PrependScheme.NEVER;
        }
        PreTokenizer.PrependScheme scheme =
                PreTokenizer.PrependScheme.values()[part.choice("prepend_scheme", PREPEND_SCHEMES)];
        if (!prefix && scheme != PreTokenizer.PrependScheme.NEVER) {
            throw part.fault("has add_prefix_space false, and prepend_scheme " + part.text("prepend_scheme"));
        }
        return scheme;
    }

    private static TextPattern pattern(JsonComponent part) {
        JsonComponent pattern = part.part("pattern");
        if (pattern.node("String").isString()) {
            String literal = pattern.with("String").text("String");
            if (literal.isEmpty()) {
                throw part.fault("looks for an empty text");
            }
            return new TextPattern.Literal(literal);
        }
        String expression = pattern.with("Regex").text("Regex");
        Matcher run = RUN.matcher(expression);
        if (run.matches()) {
            return new TextPattern.Run(run.group(1).codePointAt(0), Integer.parseInt(run.group(2)));
        }
        try {
            return new TextPattern.Regex(SafePattern.compile(expression));
        } catch (IllegalArgumentException e) {
            throw part.fault(
                    "has the regular expression " + JsonComponent.quoted(expression) + ": " + e.getMessage(), e);
        }
    }

    private static Charsmap charsmap(JsonComponent part) {
        JsonNode charsmap = part.node("precompiled_charsmap");
        if (!charsmap.isString()) {
            throw part.fault("needs precompiled_charsmap, a text (Precompiled)");
        }
        try {
            return Charsmap.read(part.file(), Base64.getDecoder().decode(charsmap.stringValue()));
        } catch (IllegalArgumentException e) {
            throw part.fault("has a precompiled_charsmap that is not base 64", e);
        }
    }
}
