package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.bertscore.BertScoreModel;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.models.weights.Weights;
import detangle.runtime.CompiledProgram;
import detangle.runtime.Session;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Says how alike generated texts are to what they should be: BERTScore (Zhang et al. 2020), with the options of the
 * package bert-score. Each token is compared with the most alike one of the other text, by the states of one layer. Any
 * model works, because its head is not used. Any number of threads may use one scorer.
 *
 * <pre>{@code
 * scorer.score(List.of("A dog sat there."), List.of(List.of("The cat sat there."))).getFirst().f1()
 * }</pre>
 */
public final class BertScorer implements Pipeline {
    /** The layers that bert-score compares, by the models' names (bert_score/utils.py, model2layers). */
    private static final Map<String, Integer> LAYERS = Map.of(
            "deberta-large", 16,
            "deberta-xlarge", 18,
            "deberta-base-mnli", 9,
            "deberta-large-mnli", 18,
            "deberta-xlarge-mnli", 40,
            "deberta-v2-xlarge-mnli", 17,
            "deberta-v2-xxlarge-mnli", 22,
            "deberta-v3-base", 9,
            "deberta-v3-large", 12,
            "mdeberta-v3-base", 10);

    /** The number of texts whose states are in memory at once. */
    private static final int PAIRS_PER_BATCH = 64;

    private final TextModel model;
    private final CompiledProgram similarity;
    private final List<Integer> layers;
    private final boolean idf;
    private final List<BertScore> baselines;

    private BertScorer(
            TextModel model, CompiledProgram similarity, List<Integer> layers, boolean idf, List<BertScore> baselines) {
        this.model = model;
        this.similarity = similarity;
        this.layers = layers;
        this.idf = idf;
        this.baselines = baselines;
    }

    /**
     * Returns the layer that bert-score takes of a model.
     *
     * @param model its name, or a folder of that name
     */
    public static Optional<Integer> layersOf(String model) {
        return Optional.ofNullable(
                LAYERS.get(model.replaceFirst("[/\\\\]+$", "").replaceFirst("^.*[/\\\\]", "")));
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer. Layers above those that are compared are not run.
     *
     * @throws PipelineException if the model has no such layer, or no layer is chosen and the model is none that
     *     bert-score knows
     * @throws detangle.models.deberta.ConfigException if the file of baselines is not one, or has no row for a layer
     */
    public static BertScorer load(Path folder, BertScoreOptions options, PipelineOptions pipeline) {
        DebertaConfig config = DebertaConfig.read(folder);
        List<Integer> layers = layers(folder, config, options);
        List<BertScore> baselines = options.baseline()
                .map(ScoreBaselines::read)
                .map(read -> layers.stream().map(read::of).toList())
                .orElseGet(List::of);
        // The head is left out, and so are the layers above.
        Session session = Session.builder()
                .config(config)
                .weights(Weights.open(folder))
                .options(pipeline.session().withIgnoreUnused(true))
                .head(BertScoreModel.states(layers), Map.of())
                .load();
        TextModel model;
        try {
            model = TextModel.of(session, Tokenizers.load(folder), pipeline);
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
        try {
            CompiledProgram similarity =
                    CompiledProgram.load(BertScoreModel.similarity(config.hiddenSize()), Map.of(), pipeline.session());
            return new BertScorer(model, similarity, layers, options.idf(), baselines);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static List<Integer> layers(Path folder, DebertaConfig config, BertScoreOptions options) {
        int count = config.numHiddenLayers();
        if (options.allLayers()) {
            return IntStream.rangeClosed(0, count).boxed().toList();
        }
        int layer = options.numLayers().isPresent()
                ? options.numLayers().getAsInt()
                : layersOf(folder.toAbsolutePath().normalize().toString())
                        .orElseThrow(() -> new PipelineException(folder
                                + " is not a model that bert-score has chosen a layer for: choose one of its " + count
                                + " layers (num_layers)"));
        if (layer < 1 || layer > count) {
            throw new PipelineException(config.file() + " has " + count + " layers, and " + layer
                    + " is not one of them: choose 1 to " + count + " (num_layers)");
        }
        return List.of(layer);
    }

    /**
     * Returns the same scorer, which cuts texts that are too long, with a warning. Both share one model: close only one
     * of them.
     */
    public BertScorer withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same scorer, which cuts off an end of texts that are too long, with a warning. Both share one model:
     * close only one of them.
     */
    public BertScorer withTruncation(Truncation.Side side) {
        return new BertScorer(model.cutting(side), similarity, layers, idf, baselines);
    }

    /**
     * Returns the same scorer, for which rare tokens of the references count more or not. Both share one model: close
     * only one of them.
     */
    public BertScorer withIdf(boolean value) {
        return new BertScorer(model, similarity, layers, value, baselines);
    }

    /** Returns the layers that are compared, 0 for the embeddings. */
    public List<Integer> layers() {
        return layers;
    }

    /**
     * Returns how alike each candidate is to its references; of several references, the best of each of the three
     * numbers.
     */
    public List<BertScore> score(List<String> candidates, List<List<String>> references) {
        return scoreLayers(candidates, references, done -> {}).stream()
                .map(List::getLast)
                .toList();
    }

    /**
     * Returns what {@link #score} returns for each layer that is compared, in the order of {@link #layers}.
     *
     * @param references of each candidate, at least one; all of them together say how rare a token is, where that
     *     counts
     * @param progress told how many candidates are done
     * @throws PipelineException if there are not as many lists of references as candidates, a list is empty, or a text
     *     is too long. A text of white space alone scores 0
     */
    public List<List<BertScore>> scoreLayers(
            List<String> candidates, List<List<String>> references, ProgressListener progress) {
        if (candidates.size() != references.size()) {
            throw new PipelineException(
                    "there are " + candidates.size() + " candidates, and references for " + references.size());
        }
        int lacking = IntStream.range(0, references.size())
                .filter(i -> references.get(i).isEmpty())
                .findFirst()
                .orElse(-1);
        if (lacking >= 0) {
            throw new PipelineException("candidate " + (lacking + 1) + " has no reference");
        }
        Map<String, Encoding> encodings = new HashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            encode("candidate " + (i + 1), candidates.get(i), encodings);
            for (String reference : references.get(i)) {
                encode("the reference of candidate " + (i + 1), reference, encodings);
            }
        }
        ToDoubleFunction<Integer> weight = idf
                ? rarity(references.stream()
                        .flatMap(List::stream)
                        .map(text -> encodings.get(text.strip()))
                        .toList())
                : plain();
        List<List<BertScore>> results = new ArrayList<>();
        for (int first = 0; first < candidates.size(); first += PAIRS_PER_BATCH) {
            int end = Math.min(candidates.size(), first + PAIRS_PER_BATCH);
            Map<String, Tokens[]> texts = states(
                    IntStream.range(first, end)
                            .boxed()
                            .flatMap(i -> Stream.concat(Stream.of(candidates.get(i)), references.get(i).stream()))
                            .map(String::strip)
                            .distinct()
                            .toList(),
                    encodings,
                    weight);
            for (int i = first; i < end; i++) {
                Tokens[] candidate = texts.get(candidates.get(i).strip());
                results.add(references.get(i).stream()
                        .map(reference -> compared(candidate, texts.get(reference.strip())))
                        .reduce(BertScorer::best)
                        .map(this::rescaled)
                        .orElseThrow());
            }
            progress.done(end);
        }
        return results;
    }

    private void encode(String name, String text, Map<String, Encoding> encodings) {
        encodings.computeIfAbsent(
                text.strip(),
                key -> key.isEmpty() ? model.tokenizer().encode("") : model.encode(key, InputRow.alone(name)));
    }

    /** Returns weights of 1 for all tokens except those that the tokenizer adds, which have 0. */
    private ToDoubleFunction<Integer> plain() {
        int[] frame = model.tokenizer().encode("").ids();
        return id -> Arrays.stream(frame).anyMatch(f -> f == id) ? 0 : 1;
    }

    /** Returns weights by rarity: the logarithm of the inverse share of references that have a token. */
    private static ToDoubleFunction<Integer> rarity(List<Encoding> references) {
        Map<Integer, Long> having = references.stream()
                .flatMap(e -> Arrays.stream(e.ids()).distinct().boxed())
                .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
        return id -> Math.log((references.size() + 1.0) / (having.getOrDefault(id, 0L) + 1.0));
    }

    /**
     * The tokens of a text in a layer.
     *
     * @param states of length 1, {@code f32[tokens,H]}
     * @param weights what each token counts
     */
    private record Tokens(Tensor states, double[] weights) {}

    /** Returns the tokens of texts by layer. A text that has only special tokens has none. */
    private Map<String, Tokens[]> states(
            List<String> texts, Map<String, Encoding> encodings, ToDoubleFunction<Integer> weight) {
        int frame = model.tokenizer().encode("").length();
        List<String> run = texts.stream()
                .filter(text -> encodings.get(text).length() > frame)
                .toList();
        Map<String, Tokens[]> all = new HashMap<>();
        texts.forEach(text -> all.put(text, new Tokens[0]));
        model.run(run.stream().map(encodings::get).toList(), done -> {}, (index, row) -> {
            double[] weights = Arrays.stream(encodings.get(run.get(index)).ids())
                    .mapToDouble(weight::applyAsDouble)
                    .toArray();
            all.put(
                    run.get(index),
                    layers.stream()
                            .map(layer -> new Tokens(tensor(row.floats(BertScoreModel.states(layer))), weights))
                            .toArray(Tokens[]::new));
        });
        return all;
    }

    private static Tensor tensor(float[][] rows) {
        int width = rows[0].length;
        float[] values = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * width, width);
        }
        return Tensor.of(values, rows.length, width);
    }

    private List<BertScore> compared(Tokens[] candidate, Tokens[] reference) {
        if (candidate.length == 0 || reference.length == 0) {
            return Collections.nCopies(layers.size(), BertScore.NONE);
        }
        return IntStream.range(0, layers.size())
                .mapToObj(layer -> compared(candidate[layer], reference[layer]))
                .toList();
    }

    private BertScore compared(Tokens candidate, Tokens reference) {
        Map<String, Tensor> found = similarity.run(
                Map.of(BertScoreModel.CANDIDATE, candidate.states(), BertScoreModel.REFERENCE, reference.states()));
        return BertScore.of(
                mean(found.get(BertScoreModel.PRECISION), candidate.weights()),
                mean(found.get(BertScoreModel.RECALL), reference.weights()));
    }

    private static double mean(Tensor values, double[] weights) {
        double sum = 0;
        double total = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * values.getDouble(i);
            total += weights[i];
        }
        return total == 0 ? 0 : sum / total;
    }

    private static List<BertScore> best(List<BertScore> a, List<BertScore> b) {
        return IntStream.range(0, a.size())
                .mapToObj(i -> a.get(i).best(b.get(i)))
                .toList();
    }

    private List<BertScore> rescaled(List<BertScore> scores) {
        return baselines.isEmpty()
                ? scores
                : IntStream.range(0, scores.size())
                        .mapToObj(i -> scores.get(i).above(baselines.get(i)))
                        .toList();
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
        similarity.close();
        model.close();
    }
}
