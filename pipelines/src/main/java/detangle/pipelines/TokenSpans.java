package detangle.pipelines;

import static detangle.models.gliner.GlinerPrograms.END;
import static detangle.models.gliner.GlinerPrograms.INSIDE;
import static detangle.models.gliner.GlinerPrograms.START;

import detangle.pipelines.WordSpans.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoublePredicate;

/** Composes spans from the probabilities of their words. */
final class TokenSpans {
    private static final int CHANNELS = 3;

    private TokenSpans() {}

    /**
     * Returns spans whose first word is a start, whose last one is an end and all of whose words are inside, in the
     * order of their first word, label and last word (decoding/decoder.py:1204-1270). The score is the lowest of these
     * probabilities.
     *
     * @param probabilities {@code [W*C*3]}
     * @param inside whether a word with such a probability is inside
     */
    static List<Found> found(float[] probabilities, WordVectors window, DoublePredicate inside) {
        int words = window.words().length;
        int labels = window.labels().length;
        double threshold = window.threshold();
        List<Found> found = new ArrayList<>();
        for (int first = 0; first < words; first++) {
            for (int label = 0; label < labels; label++) {
                float start = probabilities[(first * labels + label) * CHANNELS + START];
                if (start <= threshold) {
                    continue;
                }
                float least = start;
                for (int last = first; last < words; last++) {
                    int at = (last * labels + label) * CHANNELS;
                    if (!inside.test(probabilities[at + INSIDE])) {
                        break;
                    }
                    least = Math.min(least, probabilities[at + INSIDE]);
                    float end = probabilities[at + END];
                    if (end > threshold && window.allows(first, last)) {
                        found.add(new Found(first, last, label, Math.min(least, end)));
                    }
                }
            }
        }
        return found;
    }
}
