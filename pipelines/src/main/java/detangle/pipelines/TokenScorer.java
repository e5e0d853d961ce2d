package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerPrograms;
import detangle.pipelines.WordSpans.Found;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Scores words as the starts, ends and insides of entities, and puts entities together from them. */
final class TokenScorer implements WordVectors.Scorer {
    /** The number of labels that are scored at once. */
    private static final int LABELS_PER_RUN = 512;

    private static final int CHANNELS = 3;

    private final SecondPrograms.Loaded program;
    private final int width;

    TokenScorer(GlinerConfig config, SecondPrograms programs) {
        this.program = programs.load(GlinerPrograms.tokens(config));
        this.width = config.hiddenSize();
    }

    /** Some words of a window against some of its labels. */
    private record Part(WordVectors window, int[] words, int[] labels, float[] probabilities) {
        float[][] wordVectors() {
            return Arrays.copyOfRange(window.words(), words[0], words[1]);
        }

        float[][] labelVectors() {
            return Arrays.copyOfRange(window.labels(), labels[0], labels[1]);
        }
    }

    @Override
    public List<List<Found>> found(List<WordVectors> windows) {
        List<float[]> probabilities = probabilities(windows);
        List<List<Found>> all = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            WordVectors window = windows.get(i);
            all.add(TokenSpans.found(probabilities.get(i), window, p -> p >= window.threshold()));
        }
        return all;
    }

    /** Returns the probabilities of start, end and inside of each window, {@code [W*C*3]}. */
    List<float[]> probabilities(List<WordVectors> windows) {
        List<float[]> all = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        for (WordVectors window : windows) {
            int words = window.words().length;
            int labels = window.labels().length;
            float[] probabilities = new float[Math.multiplyExact(Math.multiplyExact(words, labels), CHANNELS)];
            all.add(probabilities);
            for (int[] some : Groups.parts(labels, LABELS_PER_RUN)) {
                for (int[] range : Groups.parts(words, Groups.MAX_NUMBERS / ofAWord(some))) {
                    parts.add(new Part(window, range, some, probabilities));
                }
            }
        }
        Groups.of(parts, part -> (part.words()[1] - part.words()[0]) * ofAWord(part.labels()))
                .forEach(this::score);
        return all;
    }

    /** Returns how many numbers the widest layer has for a word and some labels. */
    private long ofAWord(int[] labels) {
        return (labels[1] - labels[0]) * 4L * width;
    }

    private void score(List<Part> group) {
        Tensor logits = program.run(Map.of(
                        GlinerPrograms.WORDS,
                        WordVectors.padded(group.stream().map(Part::wordVectors).toList()),
                        GlinerPrograms.LABELS,
                        WordVectors.padded(
                                group.stream().map(Part::labelVectors).toList())))
                .get(GlinerPrograms.SCORES);
        for (int i = 0; i < group.size(); i++) {
            Part part = group.get(i);
            int count = part.window().labels().length;
            for (int word = part.words()[0]; word < part.words()[1]; word++) {
                long row = (i * logits.dim(1) + word - part.words()[0]) * logits.dim(2) * CHANNELS;
                int to = (word * count + part.labels()[0]) * CHANNELS;
                int numbers = (part.labels()[1] - part.labels()[0]) * CHANNELS;
                for (int j = 0; j < numbers; j++) {
                    part.probabilities()[to + j] = Scores.probability(logits.getDouble(row + j));
                }
            }
        }
    }
}
