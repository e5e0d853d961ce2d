package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Predicts the tokens behind {@code [MASK]}: HuggingFace's {@code fill-mask}. A checkpoint that has the enhanced mask
 * decoder's positions, as microsoft's have, is run with that decoder, which HuggingFace's classes lack. Any number of
 * threads may use one filler.
 *
 * <pre>{@code
 * filler.fill("Where is my [MASK]?", 5).getFirst().getFirst().tokenStr()
 * }</pre>
 */
public final class MaskFiller implements Pipeline {
    private static final Pattern SPACE_BEFORE = Pattern.compile(" ([.?!,]|n't|'m|'s|'ve|'re)");

    private final TextModel model;
    private final int mask;

    private MaskFiller(TextModel model, int mask) {
        this.model = model;
        this.mask = mask;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static MaskFiller load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * As {@link #load(Path)}, as the options say.
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
     * As {@link #load(Path, PipelineOptions)}, with a head.
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
                    model.tokenizer()
                            .maskTokenId()
                            .orElseThrow(() -> new PipelineException(folder + ": the tokenizer has no [MASK]")));
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** For each mask of a text its likeliest tokens, the best first. */
    public List<List<MaskPrediction>> fill(String text, int topK) {
        return fill(List.of(text), topK, List.of()).getFirst();
    }

    /** Fills the masks of several texts. */
    public List<List<List<MaskPrediction>>> fill(List<String> texts, int topK, List<String> targets) {
        return fill(texts, topK, targets, done -> {});
    }

    /**
     * For each text and each of its masks the likeliest tokens, the best first.
     *
     * @param topK how many at most
     * @param targets words to choose from; empty for the whole vocabulary
     * @param progress told how many texts are done, after each batch
     * @throws PipelineException if a text is empty, too long or without a mask, or a target is not one token
     */
    public List<List<List<MaskPrediction>>> fill(
            List<String> texts, int topK, List<String> targets, ProgressListener progress) {
        if (topK < 1) {
            throw new IllegalArgumentException("topK is at least 1");
        }
        int[] candidates = targets.stream().mapToInt(this::target).distinct().toArray();
        EncodedRows<Encoding> encoded = EncodedRows.of("text", texts.size(), progress, row -> {
            Encoding encoding = model.encode(texts.get(row.index()), row);
            if (masks(encoding).length == 0) {
                throw row.unanswerable("has no [MASK] to fill");
            }
            return List.of(encoding);
        });
        List<List<List<MaskPrediction>>> results =
                new ArrayList<>(Collections.nCopies(texts.size(), List.<List<MaskPrediction>>of()));
        model.inBatches(encoded.encodings(), progress, members -> {
            List<Encoding> rows = members.stream().map(encoded::encoding).toList();
            Map<String, Tensor> inputs = new HashMap<>(model.inputs(rows));
            int length = Math.toIntExact(inputs.get(InputNames.IDS).dim(1));
            long[] positions = IntStream.range(0, rows.size())
                    .flatMap(row -> IntStream.of(masks(rows.get(row))).map(i -> row * length + i))
                    .asLongStream()
                    .toArray();
            inputs.put(InputNames.MASKED_ROWS, Tensor.of(positions, positions.length));
            Tensor logits = model.run(inputs).get(OutputNames.LOGITS);
            int next = 0;
            for (int row = 0; row < rows.size(); row++) {
                List<List<MaskPrediction>> ofText = new ArrayList<>();
                for (int position : masks(rows.get(row))) {
                    int place = next++;
                    double[] ofMask = model.reading(rows.get(row), () -> vector(logits, place));
                    ofText.add(predictions(rows.get(row), position, ofMask, candidates, topK));
                }
                results.set(encoded.row(members.get(row)), List.copyOf(ofText));
            }
        });
        return List.copyOf(results);
    }

    private int[] masks(Encoding encoding) {
        return IntStream.range(0, encoding.length())
                .filter(i -> encoding.ids()[i] == mask)
                .toArray();
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
        return ids[0];
    }

    private static double[] vector(Tensor logits, int row) {
        int width = Math.toIntExact(logits.dim(1));
        return Row.read(logits, (long) row * width, width);
    }

    private List<MaskPrediction> predictions(
            Encoding encoding, int position, double[] logits, int[] candidates, int topK) {
        double[] scores = Scores.softmax(logits);
        Tokenizer tokenizer = model.tokenizer();
        // The table may have more rows than the tokenizer has tokens.
        int known = Math.min(scores.length, tokenizer.vocabSize());
        boolean single = masks(encoding).length == 1;
        return (candidates.length > 0 ? IntStream.of(candidates) : IntStream.range(0, known))
                .boxed()
                .sorted(Comparator.comparingDouble(id -> -scores[id]))
                .limit(topK)
                .map(id -> {
                    int[] ids = encoding.ids().clone();
                    ids[position] = id;
                    return new MaskPrediction(
                            scores[id],
                            id,
                            tokenizer.decode(new int[] {id}, false),
                            cleaned(tokenizer.decode(ids, single)));
                })
                .toList();
    }

    /** Without the spaces that tokens of punctuation leave (clean_up_tokenization of transformers 4). */
    private static String cleaned(String text) {
        return SPACE_BEFORE.matcher(text).replaceAll("$1").replace(" ' ", "'");
    }

    /** The same filler, which cuts texts that are too long, with a warning. It is closed with this one. */
    public MaskFiller withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /** The same filler, which cuts off an end of texts that are too long, with a warning. It is closed with this one. */
    public MaskFiller withTruncation(Truncation.Side side) {
        return new MaskFiller(model.cutting(side), mask);
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
