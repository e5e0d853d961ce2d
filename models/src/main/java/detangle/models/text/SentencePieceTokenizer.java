package detangle.models.text;

import detangle.models.text.encoder.Charsmap;
import detangle.models.text.encoder.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * A SentencePiece model as SentencePiece itself applies it, which is what microsoft's code does (spm_tokenizer.py):
 * what the vocabulary lacks is spelled in bytes if it has them. SentencePiece's own library would not say where in the
 * text a piece comes from.
 */
final class SentencePieceTokenizer implements Tokenizer {
    /** The character that SentencePiece writes for a space. */
    private static final char SPACE = '\u2581';

    private final Path file;
    private final UnigramSegmenter segmenter;
    private final List<SentencePieceModel.Piece> vocabulary;
    private final Optional<Charsmap> rules;
    private final boolean splitByPunct;
    private final boolean lowerCase;
    private final Optional<Vocabulary> specialsInText;
    private final Map<String, Integer> specials = new LinkedHashMap<>();
    private final Map<Integer, String> specialNames = new HashMap<>();
    private final int unknownId;
    private final OptionalInt modelMaxLength;
    private final Map<Integer, Integer> byteIds = new TreeMap<>();

    /**
     * @param huggingFace whether special tokens are recognised in a text, and case is lowered if the options ask for it
     */
    SentencePieceTokenizer(Path file, SentencePieceModel model, TokenizerSettings options, boolean huggingFace) {
        this.file = file;
        this.vocabulary = model.pieces();
        this.rules =
                model.charsmap().length > 0 ? Optional.of(Charsmap.read(file, model.charsmap())) : Optional.empty();
        this.splitByPunct = options.splitByPunct().orElse(false);
        this.lowerCase = huggingFace && options.doLowerCase().orElse(false);
        for (String special : List.of(SpecialTokens.PAD, SpecialTokens.CLS, SpecialTokens.SEP)) {
            specials.put(special, model.require(file, special));
        }
        specials.put(SpecialTokens.MASK, model.find(SpecialTokens.MASK).orElse(vocabulary.size()));
        if (huggingFace) {
            options.added()
                    .forEach(s -> specials.put(s.token().content(), s.token().id()));
        }
        this.modelMaxLength = options.modelMaxLength();
        this.unknownId = model.unknownId(file);
        specials.forEach((token, id) -> specialNames.putIfAbsent(id, token));
        this.specialsInText = huggingFace ? Optional.of(vocabulary(file, specials)) : Optional.empty();
        for (int id = 0; id < vocabulary.size(); id++) {
            SentencePieceModel.Piece piece = vocabulary.get(id);
            if (piece.kind() == SentencePieceModel.Kind.BYTE && piece.text().matches("<0x[0-9A-F]{2}>")) {
                byteIds.put(Integer.parseInt(piece.text().substring(3, 5), 16), id);
            }
        }
        this.segmenter = new UnigramSegmenter(file, vocabulary);
    }

    private static Vocabulary vocabulary(Path file, Map<String, Integer> tokens) {
        Vocabulary.Builder builder = new Vocabulary.Builder(file);
        tokens.forEach(builder::add);
        return builder.build();
    }

    @Override
    public Encoding encode(String text) {
        EncodingBuilder out = new EncodingBuilder();
        special(out, SpecialTokens.CLS, 0);
        text(out, text, 0);
        special(out, SpecialTokens.SEP, 0);
        return out.build();
    }

    @Override
    public Encoding encode(String first, String second) {
        EncodingBuilder out = new EncodingBuilder();
        special(out, SpecialTokens.CLS, 0);
        text(out, first, 0);
        special(out, SpecialTokens.SEP, 0);
        text(out, second, 1);
        special(out, SpecialTokens.SEP, 1);
        return out.build();
    }

    private void special(EncodingBuilder out, String token, int type) {
        out.add(specials.get(token), token, type, Encoding.SPECIAL, 0, 0);
    }

    private void text(EncodingBuilder out, String given, int sequence) {
        String text = WellFormed.text(given);
        int from = 0;
        int place = 0;
        int at = 0;
        while (specialsInText.isPresent() && at < text.length()) {
            int end = endOfSpecial(specialsInText.get(), text, at);
            if (end == at) {
                at += Character.charCount(text.codePointAt(at));
                continue;
            }
            plain(out, text.substring(from, at), place, sequence);
            String token = text.substring(at, end);
            int start = place + text.codePointCount(from, at);
            place = start + token.codePointCount(0, token.length());
            out.add(specials.get(token), token, sequence, sequence, start, place);
            at = end;
            from = end;
        }
        plain(out, text.substring(from), place, sequence);
    }

    /** Returns where the longest special token ends that begins at a place in a text; that place if there is none. */
    private static int endOfSpecial(Vocabulary tokens, String text, int start) {
        int longest = start;
        int prefix = Vocabulary.ROOT;
        for (int at = start; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            prefix = tokens.child(prefix, codePoint);
            if (prefix == Vocabulary.NONE) {
                break;
            }
            at += Character.charCount(codePoint);
            longest = tokens.id(prefix) == Vocabulary.NONE ? longest : at;
        }
        return longest;
    }

    /** A part of a text in which nothing is special; {@code base} is its first code point's place in the text. */
    private void plain(EncodingBuilder out, String part, int base, int sequence) {
        int begin = 0;
        int beginPlace = base;
        int place = base;
        for (int i = 0; splitByPunct && i < part.length(); place++) {
            int codePoint = part.codePointAt(i);
            int next = i + Character.charCount(codePoint);
            if (Punctuation.is(codePoint)) {
                word(out, part.substring(begin, i), beginPlace, sequence);
                word(out, part.substring(i, next), place, sequence);
                begin = next;
                beginPlace = place + 1;
            }
            i = next;
        }
        word(out, part.substring(begin), beginPlace, sequence);
    }

    /** Encodes what SentencePiece is given at once; {@code base} is its first code point's place in the text. */
    private void word(EncodingBuilder out, String text, int base, int sequence) {
        NormalisedText normalised = NormalisedText.of(file, lowerCase ? text.toLowerCase(Locale.ROOT) : text, rules);
        if (normalised.text().isEmpty()) {
            return;
        }
        int[] codePoints = normalised.text().codePoints().toArray();
        List<UnigramSegmenter.Segment> segments = segmenter.segment(codePoints);
        for (int i = 0; i < segments.size(); i++) {
            UnigramSegmenter.Segment segment = segments.get(i);
            int start = base + normalised.origins()[segment.start()];
            if (segment.id() != UnigramSegmenter.UNKNOWN) {
                int end = base + normalised.origins()[segment.end()];
                out.add(segment.id(), vocabulary.get(segment.id()).text(), sequence, sequence, start, end);
            } else if (byteIds.size() == 256) {
                int end = base + normalised.origins()[segment.end()];
                bytes(out, codePoints[segment.start()], sequence, start, end);
            } else {
                // A run of unknown characters is one token.
                while (i + 1 < segments.size() && segments.get(i + 1).id() == UnigramSegmenter.UNKNOWN) {
                    i++;
                }
                int end = base + normalised.origins()[segments.get(i).end()];
                out.add(unknownId, SpecialTokens.UNK, sequence, sequence, start, end);
            }
        }
    }

    private void bytes(EncodingBuilder out, int codePoint, int sequence, int start, int end) {
        for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
            int id = byteIds.get(b & 0xff);
            out.add(id, vocabulary.get(id).text(), sequence, sequence, start, end);
        }
    }

    @Override
    public int padTokenId() {
        return specials.get(SpecialTokens.PAD);
    }

    @Override
    public OptionalInt maskTokenId() {
        return OptionalInt.of(specials.get(SpecialTokens.MASK));
    }

    @Override
    public Optional<String> token(int id) {
        return Optional.ofNullable(specialNames.get(id))
                .or(() -> id == unknownId ? Optional.of(SpecialTokens.UNK) : Optional.empty())
                .or(() -> id >= 0 && id < vocabulary.size()
                        ? Optional.of(vocabulary.get(id).text())
                        : Optional.empty());
    }

    @Override
    public OptionalInt unknownTokenId() {
        return OptionalInt.of(unknownId);
    }

    @Override
    public boolean marksContinuations() {
        return false;
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int id : ids) {
            boolean special = id == unknownId || specialNames.containsKey(id);
            if (special && skipSpecialTokens) {
                continue;
            }
            // Special tokens may stand behind the vocabulary, as the mask does.
            if (id >= vocabulary.size()) {
                text.writeBytes(specialNames.getOrDefault(id, "").getBytes(StandardCharsets.UTF_8));
                continue;
            }
            SentencePieceModel.Piece piece = vocabulary.get(id);
            if (byteIds.containsValue(id)) {
                text.write(Integer.parseInt(piece.text().substring(3, 5), 16));
            } else {
                text.writeBytes(piece.text().replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8));
            }
        }
        String decoded = text.toString(StandardCharsets.UTF_8);
        return decoded.startsWith(" ") ? decoded.substring(1) : decoded;
    }

    @Override
    public int vocabSize() {
        return specials.values().stream().mapToInt(id -> id + 1).reduce(vocabulary.size(), Math::max);
    }

    @Override
    public OptionalInt modelMaxLength() {
        return modelMaxLength;
    }

    /** Collects tokens one by one. */
    private static final class EncodingBuilder {
        private final List<String> tokens = new ArrayList<>();
        private int[] parts = new int[5 * 64];

        void add(int id, String token, int type, int sequence, int start, int end) {
            int at = 5 * tokens.size();
            if (at == parts.length) {
                parts = Arrays.copyOf(parts, 2 * at);
            }
            parts[at] = id;
            parts[at + 1] = type;
            parts[at + 2] = sequence;
            parts[at + 3] = start;
            parts[at + 4] = end;
            tokens.add(token);
        }

        Encoding build() {
            return new Encoding(part(0), part(1), tokens, part(2), words(), part(3), part(4));
        }

        /** A piece that begins with a space begins a word, and so does the first one of a text. */
        private int[] words() {
            int[] sequences = part(2);
            int[] words = new int[sequences.length];
            int word = Encoding.SPECIAL;
            for (int i = 0; i < words.length; i++) {
                boolean first = i == 0 || sequences[i - 1] != sequences[i];
                if (sequences[i] == Encoding.SPECIAL) {
                    words[i] = Encoding.SPECIAL;
                } else {
                    word = first ? 0 : tokens.get(i).indexOf(SPACE) == 0 ? word + 1 : word;
                    words[i] = word;
                }
            }
            return words;
        }

        private int[] part(int index) {
            int[] values = new int[tokens.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = parts[5 * i + index];
            }
            return values;
        }
    }
}
