package detangle.pipelines;

import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.LabelPooling;
import detangle.models.gliclass.Marker;
import detangle.models.text.Encoding;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A text with its labels as a GLiClass model reads them (gliclass/pipeline.py, prepare_input). The places of markers
 * are known from building the prompt, so a marker inside a text or a label changes neither the number of labels nor
 * their order.
 */
final class LabelPrompt {
    private final StringBuilder prompt = new StringBuilder();
    private final int[] labels;
    private int text;
    private int example = -1;
    private int points;

    private LabelPrompt(int labels) {
        this.labels = new int[labels];
    }

    static LabelPrompt of(GliclassConfig config, String text, List<String> labels, LabelOptions options) {
        LabelPrompt all = new LabelPrompt(labels.size());
        if (!config.labelsFirst()) {
            all.add(text);
        }
        // If vectors of labels replace their markers, the prompt does not have the words of labels.
        if (config.fused() && !options.prompt().isEmpty()) {
            all.add(options.prompt() + " ");
        }
        for (int i = 0; i < labels.size(); i++) {
            all.labels[i] = all.add(Marker.LABEL.spelling());
            if (!config.fused()) {
                all.add(labels.get(i));
            }
        }
        all.text = all.add(Marker.TEXT.spelling());
        if (!config.fused()) {
            all.add(options.prompt());
        }
        if (config.labelsFirst()) {
            all.add(text);
        }
        for (LabelExample example : options.examples()) {
            int start = all.add(Marker.EXAMPLE.spelling());
            all.example = all.example < 0 ? start : all.example;
            all.add(example.text() + " \nLabels:\n " + String.join(", ", example.labels()));
        }
        if (!options.examples().isEmpty()) {
            all.add(Marker.TEXT.spelling());
        }
        return all;
    }

    /** Adds a part, and returns the code point at which it begins. */
    private int add(String part) {
        int start = points;
        prompt.append(part);
        points += part.codePointCount(0, part.length());
        return start;
    }

    String string() {
        return prompt.toString();
    }

    /**
     * The places of the parts of a prompt among its tokens, which may be cut.
     *
     * @param encoding the prompt's, which may be cut
     * @param labels the token that marks each label; one that is cut away is absent
     * @param text the token that marks the text; 0 if it is cut away, as in the original
     * @param examples whether there are examples
     */
    record Places(Encoding encoding, OptionalInt[] labels, int text, boolean examples) {
        /** Returns the places of a text without labels beside it. */
        static Places of(Encoding encoding) {
            return new Places(encoding, new OptionalInt[0], 0, false);
        }

        /**
         * Returns the encoding with the segment of each token as its type; the original marks all tokens alike where
         * there are examples.
         */
        Encoding withSegments() {
            int[] segments = new int[encoding.length()];
            for (int i = 0; i < segments.length; i++) {
                segments[i] = examples ? 2 : i < text ? 0 : 1;
            }
            return new Encoding(
                    encoding.ids(),
                    segments,
                    encoding.tokens(),
                    encoding.sequences(),
                    encoding.words(),
                    encoding.starts(),
                    encoding.ends());
        }

        /**
         * Returns the weight of each token in the vector of each label, {@code [slots][tokens]}; zeros for a label that
         * was cut away, and for a slot without a label.
         */
        float[] choice(GliclassConfig config, int slots) {
            int tokens = encoding.length();
            float[] choice = new float[slots * tokens];
            int end = config.textAlone() && text > 0 ? text : tokens;
            for (int label = 0; label < labels.length; label++) {
                if (labels[label].isPresent()) {
                    int marker = labels[label].getAsInt();
                    int next = IntStream.range(label + 1, labels.length)
                            .filter(i -> labels[i].isPresent())
                            .map(i -> labels[i].getAsInt())
                            .findFirst()
                            .orElse(Math.max(end, marker));
                    int[] chosen = chosen(config.labelPooling(), marker, next);
                    for (int token = chosen[0]; token < Math.min(tokens, chosen[1]); token++) {
                        choice[label * tokens + token] = 1f / (Math.min(tokens, chosen[1]) - chosen[0]);
                    }
                }
            }
            return choice;
        }

        /** Returns the state of each label's marker; zeros for a marker that was cut away. */
        float[][] statesOfLabels(float[][] states) {
            return Arrays.stream(labels)
                    .map(marker -> marker.isPresent() ? states[marker.getAsInt()] : new float[states[0].length])
                    .toArray(float[][]::new);
        }

        /** Returns the first token of a label's vector, and the one behind the last. */
        private static int[] chosen(LabelPooling pooling, int marker, int next) {
            return switch (pooling) {
                case MARKER -> new int[] {marker, marker + 1};
                case FIRST_TOKEN -> new int[] {marker + 1, marker + 2};
                case AVERAGE -> new int[] {marker, next};
                case AVERAGE_OF_TOKENS -> new int[] {marker + 1, next};
            };
        }
    }

    Places places(GliclassConfig config, Encoding encoding) {
        return new Places(
                encoding,
                Arrays.stream(labels)
                        .mapToObj(start -> token(encoding, start, config.labelToken()))
                        .toArray(OptionalInt[]::new),
                place(encoding, text, config.textToken()).orElse(0),
                example >= 0 && place(encoding, example, config.exampleToken()).isPresent());
    }

    private static OptionalInt place(Encoding encoding, int start, OptionalInt id) {
        return id.isPresent() ? token(encoding, start, id.getAsInt()) : OptionalInt.empty();
    }

    /** Returns the token of the marker that begins at a code point; the token may begin with the space before it. */
    private static OptionalInt token(Encoding encoding, int start, int id) {
        return IntStream.range(0, encoding.length())
                .filter(i -> encoding.ids()[i] == id
                        && encoding.sequences()[i] != Encoding.SPECIAL
                        && encoding.starts()[i] <= start
                        && start < encoding.ends()[i])
                .findFirst();
    }
}
