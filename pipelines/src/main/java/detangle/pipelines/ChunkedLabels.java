package detangle.pipelines;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Scores labels of long texts and of many labels: a text is read in parts, labels are judged in groups, and the best
 * score of a label in any part counts (GLiClass's {@code ZeroShotClassificationWithChunkingPipeline}).
 */
record ChunkedLabels(LabelLogits model, LabelChunks chunks) {
    /**
     * Returns the score of every label of each text, in the order of the labels; none for a text of which a part cannot
     * be answered.
     *
     * @param refusesEmptyTexts whether a text of white space alone cannot be answered
     * @param progress receives the number of finished prompts after each batch
     */
    List<List<Classification>> scores(
            List<String> texts,
            List<String> labels,
            LabelOptions options,
            boolean refusesEmptyTexts,
            ProgressListener progress) {
        LabelScores.requireLabels(labels);
        List<List<String>> groups = chunks.of(labels);
        List<String> repeated = new ArrayList<>();
        List<List<String>> asked = new ArrayList<>();
        List<Integer> owners = new ArrayList<>();
        int[] parts = new int[texts.size()];
        for (int i = 0; i < texts.size(); i++) {
            InputRow row = new InputRow(i, TextModel.name("text", i, texts.size()), progress);
            try {
                if (refusesEmptyTexts) {
                    row.requireText(texts.get(i));
                }
            } catch (InputRow.UnanswerableException e) {
                continue; // The listener has been told.
            }
            for (String part : chunks.of(texts.get(i))) {
                parts[i]++;
                for (List<String> group : groups) {
                    repeated.add(part);
                    asked.add(group);
                    owners.add(i);
                }
            }
        }
        // A part may be empty although its text is not.
        double[][] logits = model.of(repeated, asked, options, false, ofTexts(progress, owners, texts.size()));
        List<List<Classification>> results = new ArrayList<>();
        int first = 0;
        for (int count : parts) {
            int end = first + count * groups.size();
            results.add(best(Arrays.copyOfRange(logits, first, end), labels, groups.size(), options));
            first = end;
        }
        return results;
    }

    /** Returns the scores of a text's only part, or the best score of each label in any part. */
    private static List<Classification> best(double[][] logits, List<String> labels, int groups, LabelOptions options) {
        List<List<Classification>> parts = new ArrayList<>();
        for (int first = 0; first < logits.length; first += groups) {
            double[] all = Arrays.stream(logits, first, first + groups)
                    .flatMapToDouble(Arrays::stream)
                    .toArray();
            if (all.length < labels.size()) {
                return List.of(); // A part is too long, and the listener has been told.
            }
            parts.add(LabelScores.of(labels, all, options));
        }
        if (parts.size() < 2) {
            return parts.isEmpty() ? List.of() : parts.getFirst();
        }
        SequencedMap<String, Double> best = new LinkedHashMap<>();
        parts.forEach(
                part -> LabelScores.distinct(part).forEach(one -> best.merge(one.label(), one.score(), Math::max)));
        double total = options.multiLabel()
                ? 1
                : best.values().stream().mapToDouble(Double::doubleValue).sum();
        return best.sequencedEntrySet().stream()
                .map(one -> new Classification(one.getKey(), one.getValue() / total))
                .toList();
    }

    /** Returns a listener of parts that tells the listener of texts about each text once. */
    private static ProgressListener ofTexts(ProgressListener progress, List<Integer> owners, int texts) {
        Set<ProgressListener.RowMessage> told = new HashSet<>();
        return new ProgressListener() {
            @Override
            public void done(int done) {
                progress.done(done);
            }

            @Override
            public void unanswerable(RowMessage message) {
                if (told.add(new RowMessage(owners.get(message.row()), "", ""))) {
                    progress.unanswerable(ofText(message));
                }
            }

            @Override
            public void cut(RowMessage message) {
                RowMessage own = ofText(message);
                if (told.add(own)) {
                    progress.cut(own);
                }
            }

            private RowMessage ofText(RowMessage message) {
                int text = owners.get(message.row());
                return new RowMessage(text, "a part of " + TextModel.name("text", text, texts), message.reason());
            }
        };
    }
}
