package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Predicts the tokens behind {@code [MASK]}: HuggingFace's {@code fill-mask}. If a checkpoint has the positions of the
 * enhanced mask decoder, as microsoft's do, it runs with that decoder, which HuggingFace's classes lack. Any number of
 * threads may use one filler.
 *
 * <pre>{@code
 * filler.fill("Where is my [MASK]?", 5).getFirst().getFirst().tokenStr()
 * }</pre>
 */
public final class MaskFiller implements Pipeline {
    private static final Pattern SPACE_BEFORE = Pattern.compile(" ([.?!,]|n't|'m|'s|'ve|'re)");

    /** The most tokens of the texts of all predictions for a text, in a shared model. */
    private static final long MAX_TOKENS = 2_000_000;

    private final TextModel model;
    private final MaskedPlaces masks;

    private MaskFiller(TextModel model, MaskedPlaces masks) {
        this.model = model;
        this.masks = masks;
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static MaskFiller load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head, or the tokenizer no {@code [MASK]}
     */
    public static MaskFiller load(Path folder, PipelineOptions options) {
        return load(
                folder,
                options,
                Checkpoint.hasMaskDecoder(folder) ? Architecture.MASKED_LM_EMD : Architecture.MASKED_LM);
    }

    /**
     * Loads a model as {@link #load(Path, PipelineOptions)} does, with a head.
     *
     * @param head {@link Architecture#MASKED_LM} or {@link Architecture#MASKED_LM_EMD}
     */
    public static MaskFiller load(Path folder, PipelineOptions options, Architecture head) {
        if (!head.predictsMasks()) {
            throw new PipelineException("masks are filled by masked-lm or masked-lm-emd, not by " + head.text());
        }
        TextModel model = TextModel.load(folder, head, options);
        try {
            return new MaskFiller(
                    model,
                    model.masks().orElseThrow(() -> new PipelineException(folder + ": the tokenizer has no [MASK]")));
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Returns for each mask of a text its likeliest tokens, the best first. */
    public List<List<MaskPrediction>> fill(String text, int topK) {
        return fill(List.of(text), topK, List.of()).getFirst();
    }

    /** Fills the masks of several texts. */
    public List<List<List<MaskPrediction>>> fill(List<String> texts, int topK, List<String> targets) {
        return fill(texts, topK, targets, done -> {});
    }

    /**
     * Returns for each text and each of its masks the likeliest tokens, the best first.
     *
     * @param topK how many at most
     * @param targets words to choose from; empty for the whole vocabulary
     * @param progress told how many texts are done, after each batch
     * @throws PipelineException if a text is empty, too long or without a mask, or a target is not one token
     */
    public List<List<List<MaskPrediction>>> fill(
            List<String> texts, int topK, List<String> targets, ProgressListener progress) {
        if (topK < 1) {
            throw new IllegalArgumentException("topK must be at least 1");
        }
        int[] candidates = targets.stream().mapToInt(this::target).distinct().toArray();
        EncodedRows<Encoding> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            Encoding encoding = model.encode(texts.get(row.index()), row);
            int count = masks.of(encoding).length;
            if (count == 0) {
                throw row.unanswerable("has no [MASK] to fill");
            }
            requireFew(encoding, count, candidates.length > 0 ? Math.min(topK, candidates.length) : topK, row);
            return List.of(encoding);
        });
        List<List<List<MaskPrediction>>> results =
                new ArrayList<>(Collections.nCopies(texts.size(), List.<List<MaskPrediction>>of()));
        model.run(rows.encodings(), progress, (index, row) -> {
            Encoding encoding = rows.encoding(index);
            int[] places = masks.of(encoding);
            List<List<MaskPrediction>> ofText = new ArrayList<>();
            for (int i = 0; i < places.length; i++) {
                double[] logits = row.vector(OutputNames.LOGITS, i);
                ofText.add(predictions(encoding, places[i], places.length == 1, logits, candidates, topK));
            }
            results.set(rows.row(index), List.copyOf(ofText));
        });
        return List.copyOf(results);
    }

    /** Refuses a text of a shared model whose answer would have no bound: each prediction contains the whole text. */
    private void requireFew(Encoding encoding, int count, int topK, InputRow row) {
        long tokens = (long) count * Math.min(topK, model.tokenizer().vocabSize()) * encoding.length();
        if (model.isShared() && tokens > MAX_TOKENS) {
            throw row.unanswerable("has " + count + " masks in " + encoding.length() + " tokens, so that " + topK
                    + " predictions for each are " + tokens + " tokens, and at most " + MAX_TOKENS
                    + " are told: ask for fewer (top_k)");
        }
    }

    private int target(String word) {
        Encoding encoding = model.tokenizer().encode(word);
        int[] ids = IntStream.range(0, encoding.length())
                .filter(i -> encoding.sequences()[i] != Encoding.SPECIAL)
                .map(i -> encoding.ids()[i])
                .toArray();
        if (ids.length != 1) {
            throw new PipelineException("the target '" + word + "' is " + ids.length
                    + " tokens, and a mask stands for one: choose another");
        }
        if (ids[0] >= model.config().vocabSize()) {
            throw new PipelineException("the target '" + word + "' is the token " + ids[0] + ", and the model knows "
                    + model.config().vocabSize() + ": the tokenizer is that of another model");
        }
        return ids[0];
    }

    /** @param single whether the text has one mask, so that its special tokens are left out */
    private List<MaskPrediction> predictions(
            Encoding encoding, int place, boolean single, double[] logits, int[] candidates, int topK) {
        double[] scores = Scores.softmax(logits);
        Tokenizer tokenizer = model.tokenizer();
        // The table may have more rows than the tokenizer has tokens.
        int known = Math.min(scores.length, tokenizer.vocabSize());
        int[] ids = encoding.ids().clone();
        return best(
                        scores,
                        candidates.length > 0
                                ? candidates
                                : IntStream.range(0, known).toArray(),
                        topK)
                .stream()
                .map(id -> {
                    ids[place] = id;
                    return new MaskPrediction(
                            scores[id],
                            id,
                            tokenizer.decode(new int[] {id}, false),
                            cleaned(tokenizer.decode(ids, single)));
                })
                .toList();
    }

    /** Returns the ids of the greatest scores, the best first; of equal ones those that come first. */
    private static List<Integer> best(double[] scores, int[] ids, int maxPredictions) {
        Comparator<Integer> better =
                Comparator.comparingDouble((Integer i) -> -scores[ids[i]]).thenComparingInt(i -> i);
        PriorityQueue<Integer> kept = new PriorityQueue<>(better.reversed());
        for (int i = 0; i < ids.length; i++) {
            if (kept.size() < maxPredictions) {
                kept.add(i);
            } else if (scores[ids[i]] > scores[ids[kept.peek()]]) {
                kept.remove();
                kept.add(i);
            }
        }
        return kept.stream().sorted(better).map(i -> ids[i]).toList();
    }

    /** Returns the text without the spaces before punctuation (clean_up_tokenization of transformers 4). */
    private static String cleaned(String text) {
        return SPACE_BEFORE.matcher(text).replaceAll("$1").replace(" ' ", "'");
    }

    /**
     * Returns the same filler, which cuts texts that are too long, with a warning. Both share one model: close only one
     * of them.
     */
    public MaskFiller withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same filler, which cuts off an end of texts that are too long, with a warning. Both share one model:
     * close only one of them.
     */
    public MaskFiller withTruncation(Truncation.Side side) {
        return new MaskFiller(model.cutting(side), masks);
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public int maxLength() {
        return model.maxLength();
    }

    @Override
    public void close() {
        model.close();
    }
}
