package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.gliclass.TextPooling;
import detangle.models.gliner.BiLstm;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.weights.Weights;
import detangle.runtime.CompiledProgram;
import detangle.runtime.GliclassArtifact;
import detangle.runtime.ModelArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Judges texts by labels of any kind with a GLiClass model (Knowledgator 2025) on a DeBERTa encoder, in the layout of
 * knowledgator/gliclass-base-v3.0. All labels are judged in one pass, so that many of them cost little. A text's scores
 * do not depend on the texts beside it, as those of the original do. Any number of threads may use one.
 *
 * <pre>{@code
 * classifier.classify("Where is my card?", List.of("banking", "sport"), LabelOptions.DEFAULT)
 * }</pre>
 */
public final class LabelClassifier implements Pipeline {
    /** GLiClass's length of a prompt, in tokens. */
    private static final int MAX_LENGTH = 1024;

    private final GliclassConfig config;
    private final TextModel model;
    private final Optional<BiLstm> lstm;
    private final CompiledProgram scores;
    private final Weights weights;

    /** The labels' vectors, if they have an encoder of their own. */
    private final Optional<EncodedLabels> encoded;

    private final boolean refusesEmptyTexts;

    private LabelClassifier(
            GliclassConfig config,
            TextModel model,
            Optional<BiLstm> lstm,
            CompiledProgram scores,
            Weights weights,
            Optional<EncodedLabels> encoded,
            boolean refusesEmptyTexts) {
        this.config = config;
        this.model = model;
        this.lstm = lstm;
        this.scores = scores;
        this.weights = weights;
        this.encoded = encoded;
        this.refusesEmptyTexts = refusesEmptyTexts;
    }

    /**
     * Returns the same classifier, which cuts prompts that are too long, with a warning. Both share one model: close
     * only one of them.
     */
    public LabelClassifier withTruncation() {
        return new LabelClassifier(config, model.cutting(), lstm, scores, weights, encoded, refusesEmptyTexts);
    }

    /**
     * Returns the same classifier, for which a text of white space alone cannot be answered. It is closed with this
     * one.
     */
    LabelClassifier refusingEmptyTexts() {
        return new LabelClassifier(config, model, lstm, scores, weights, encoded, true);
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static LabelClassifier load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options. Without a maximum length a prompt has as many tokens as
     * in GLiClass, 1024.
     *
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     */
    public static LabelClassifier load(Path folder, PipelineOptions options) {
        options.adapter().ifPresent(adapter -> {
            throw new PipelineException(adapter + ": adapters are not applied to GLiClass's models: leave it out");
        });
        GliclassFolder parts = GliclassFolder.open(folder, options.ignoreUnused());
        try {
            return of(parts, options);
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    /**
     * Puts a model into one file, which {@link #load} takes in a folder's place. The tokenizer of labels that have an
     * encoder of their own goes with it.
     *
     * @param options of which weights, weight type and unused tensors are heeded
     * @param output a file whose name ends in {@code .dtl}
     * @throws detangle.models.deberta.ConfigException if the model is of another kind
     * @throws detangle.models.weights.WeightsException if its weights are not those of its configuration
     * @throws PipelineException if the tokenizer of labels cannot be had
     */
    public static void compile(Path folder, ModelArtifact.Options options, Path output) {
        Optional<ModelFiles> labelModel = GliclassConfig.read(folder)
                .labels()
                .map(labels -> LabelModel.files(folder, labels.model(), GliclassFolder.LABEL_MODEL));
        GliclassArtifact.write(folder, labelModel, output, options);
    }

    private static LabelClassifier of(GliclassFolder parts, PipelineOptions options) {
        GliclassConfig config = parts.config();
        // Layers above the one that is read are left over.
        boolean cut = config.layer() < config.encoder().numHiddenLayers();
        SessionOptions session = options.session();
        boolean longer = options.maxLength().isEmpty() && !config.encoder().positionBiasedInput();
        TextModel model = TextModel.of(
                Session.builder()
                        .config(config.encoder())
                        .weights(parts.weights())
                        .options(cut ? session.withIgnoreUnused(true) : session)
                        .head(GliclassModel.encoder(config), parts.parameters())
                        .load(),
                parts.tokenizer(),
                longer ? options.withMaxLength(MAX_LENGTH) : options);
        try {
            return parts.weights().reading(() -> {
                Optional<BiLstm> lstm = config.lstm()
                        ? Optional.of(
                                new BiLstm(config.encoder().hiddenSize(), parts.weights(), GliclassModel.recurrent()))
                        : Optional.empty();
                Optional<EncodedLabels> encoded =
                        parts.labels().map(own -> EncodedLabels.load(config, own, parts.parameters(), options));
                try {
                    CompiledProgram scores =
                            CompiledProgram.load(GliclassModel.scores(config), parts.parameters(), session);
                    return new LabelClassifier(config, model, lstm, scores, parts.weights(), encoded, false);
                } catch (RuntimeException | Error e) {
                    encoded.ifPresent(EncodedLabels::close);
                    throw e;
                }
            });
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Returns what prompts of labels and text are cut to where truncation is allowed, in tokens. */
    @Override
    public int maxLength() {
        return model.maxLength();
    }

    /** Returns the labels of one text; see {@link #classify(List, List, LabelOptions, ProgressListener)}. */
    public List<Classification> classify(String text, List<String> labels, LabelOptions options) {
        return classify(List.of(text), labels, options, done -> {}).getFirst();
    }

    /**
     * Returns the labels of each text. Where each label is judged by itself, those that reach the threshold, in the
     * order in which they were named; otherwise the best one. As in GLiClass, texts and labels may be empty, and a
     * label that is named twice has two places in the prompt: it is told once, with the score of the last one
     * (gliclass/pipeline.py:251-270).
     *
     * @param progress told how many texts are done, after each batch
     * @throws PipelineException if there are no labels, or more than the model has place for, or prompt and labels and
     *     text are too long
     */
    public List<List<Classification>> classify(
            List<String> texts, List<String> labels, LabelOptions options, ProgressListener progress) {
        return classifyEach(texts, Collections.nCopies(texts.size(), labels), options, progress);
    }

    /**
     * Judges texts as {@link #classify(List, List, LabelOptions, ProgressListener)} does, with labels of its own for
     * each text.
     */
    public List<List<Classification>> classifyEach(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        return scoredEach(texts, labels, options, progress).stream()
                .map(each -> chosen(options.multiLabel() ? distinct(each) : each, options))
                .toList();
    }

    /**
     * Returns the score of every label of each text, in the order of the labels, one that is named twice once; nothing
     * for a text that cannot be answered.
     */
    public List<List<Classification>> scores(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        return scoredEach(texts, labels, options, progress).stream()
                .map(LabelClassifier::distinct)
                .toList();
    }

    private List<List<Classification>> scoredEach(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        double[][] logits = logits(texts, labels, options, progress);
        return IntStream.range(0, texts.size())
                .mapToObj(i -> scored(labels.get(i), logits[i], options))
                .toList();
    }

    /**
     * Returns the labels of long texts and of many labels: a text is read in parts, labels are judged in groups, and
     * the best score of a label in any part counts. The best label comes first. It is GLiClass's {@code
     * ZeroShotClassificationWithChunkingPipeline}, which tells a label that is named twice once for a text of several
     * parts, and twice for a text of one.
     *
     * @param progress told how many parts are done, after each batch
     * @throws PipelineException as {@link #classify(List, List, LabelOptions, ProgressListener)}
     */
    public List<List<Classification>> classifyInChunks(
            List<String> texts,
            List<String> labels,
            LabelChunks chunks,
            LabelOptions options,
            ProgressListener progress) {
        return scoredInChunks(texts, labels, chunks, options, progress).stream()
                .map(scored -> chosen(scored, options).stream()
                        .sorted(Comparator.comparingDouble(Classification::score)
                                .reversed())
                        .toList())
                .toList();
    }

    /**
     * Returns the score of every label of each text as {@link #classifyInChunks} finds it, in the order of the labels;
     * nothing for a text of which a part cannot be answered.
     */
    public List<List<Classification>> scoresInChunks(
            List<String> texts,
            List<String> labels,
            LabelChunks chunks,
            LabelOptions options,
            ProgressListener progress) {
        return scoredInChunks(texts, labels, chunks, options, progress).stream()
                .map(LabelClassifier::distinct)
                .toList();
    }

    private List<List<Classification>> scoredInChunks(
            List<String> texts,
            List<String> labels,
            LabelChunks chunks,
            LabelOptions options,
            ProgressListener progress) {
        requireLabels(labels);
        List<List<String>> groups = chunks.of(labels);
        List<String> repeated = new ArrayList<>();
        List<List<String>> asked = new ArrayList<>();
        List<Integer> owners = new ArrayList<>();
        int[] parts = new int[texts.size()];
        for (int i = 0; i < texts.size(); i++) {
            InputRow row = new InputRow(i, TextModel.name("text", i, texts.size()), progress);
            try {
                check(texts.get(i), row);
            } catch (InputRow.UnanswerableException e) {
                continue; // The listener knows.
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
        // A part of a text that is not empty may be.
        LabelClassifier ofParts = new LabelClassifier(config, model, lstm, scores, weights, encoded, false);
        double[][] logits = ofParts.logits(repeated, asked, options, ofTexts(progress, owners, texts.size()));
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
                return List.of(); // A part is too long, which the listener knows.
            }
            parts.add(scored(labels, all, options));
        }
        if (parts.size() < 2) {
            return parts.isEmpty() ? List.of() : parts.getFirst();
        }
        SequencedMap<String, Double> best = new LinkedHashMap<>();
        parts.forEach(part -> distinct(part).forEach(one -> best.merge(one.label(), one.score(), Math::max)));
        double total = options.multiLabel()
                ? 1
                : best.values().stream().mapToDouble(Double::doubleValue).sum();
        return best.sequencedEntrySet().stream()
                .map(one -> new Classification(one.getKey(), one.getValue() / total))
                .toList();
    }

    /** Tells a listener of parts what it is to know of their texts, and of a text once. */
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

    private static List<Classification> scored(List<String> labels, double[] logits, LabelOptions options) {
        double[] scores = probabilities(logits, options);
        return IntStream.range(0, scores.length)
                .mapToObj(i -> new Classification(labels.get(i), scores[i]))
                .toList();
    }

    private static double[] probabilities(double[] logits, LabelOptions options) {
        return options.multiLabel() ? Arrays.stream(logits).map(Scores::sigmoid).toArray() : Scores.softmax(logits);
    }

    private static List<Classification> chosen(List<Classification> scored, LabelOptions options) {
        return options.multiLabel()
                ? scored.stream()
                        .filter(label -> label.score() >= options.threshold())
                        .toList()
                : scored.stream()
                        // Of two that are equally good the first.
                        .reduce((a, b) -> b.score() > a.score() ? b : a)
                        .map(List::of)
                        .orElseGet(List::of);
    }

    /** Returns each label once, at the place where it is named first, with the score of its last place. */
    private static List<Classification> distinct(List<Classification> scored) {
        SequencedMap<String, Classification> last = new LinkedHashMap<>();
        scored.forEach(one -> last.put(one.label(), one));
        return List.copyOf(last.values());
    }

    private static void requireLabels(List<String> labels) {
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to choose from");
        }
    }

    private void check(String text, InputRow row) {
        if (refusesEmptyTexts) {
            row.requireText(text);
        }
    }

    private void checkSlots(List<String> labels) {
        if (encoded.isEmpty() && labels.size() > model.maxLength()) {
            throw new PipelineException(
                    "there are " + labels.size() + " labels, each of which takes a token or more, and"
                            + " the model takes " + model.maxLength()
                            + " tokens: name fewer, or have them judged in groups (chunks)");
        }
        config.slots().ifPresent(slots -> {
            if (labels.size() > slots) {
                throw new PipelineException("the model has place for " + slots + " labels (max_num_classes of "
                        + GliclassConfig.FILE + "), and there are " + labels.size()
                        + ": name fewer, or have them judged in groups (chunks)");
            }
        });
    }

    /** Returns a number for each label of each text; none for a text that cannot be answered. */
    private double[][] logits(
            List<String> texts, List<List<String>> labels, LabelOptions options, ProgressListener progress) {
        labels.stream().distinct().forEach(asked -> {
            requireLabels(asked);
            checkSlots(asked);
        });
        Map<List<String>, Tensor> vectors = new HashMap<>();
        encoded.ifPresent(own ->
                labels.stream().distinct().forEach(asked -> vectors.put(asked, own.tensor(asked, own.of(asked)))));
        EncodedRows<LabelPrompt.Places> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            check(text, row);
            return List.of(places(text, labels.get(row.index()), options, row));
        });
        double[][] logits = new double[texts.size()][0];
        TextModel.Reader reader = (index, row) -> {
            List<String> asked = labels.get(rows.row(index));
            logits[rows.row(index)] =
                    logits(rows.encoding(index), row, asked.size(), Optional.ofNullable(vectors.get(asked)));
        };
        if (config.fused()) {
            new FusedLabels(model, config.encoder().vocabSize())
                    .run(rows.encodings(), index -> vectors.get(labels.get(rows.row(index))), progress, reader);
        } else {
            List<Encoding> encodings = rows.encodings().stream()
                    .map(places -> config.segments() ? places.withSegments() : places.encoding())
                    .toList();
            model.run(encodings, progress, reader);
        }
        return logits;
    }

    private LabelPrompt.Places places(String text, List<String> labels, LabelOptions options, InputRow row) {
        if (encoded.isEmpty() || config.fused()) {
            LabelPrompt prompt = LabelPrompt.of(config, text, labels, options);
            return prompt.places(config, model.encode(prompt.string(), row));
        }
        if (!options.examples().isEmpty()) {
            throw new PipelineException(
                    "the labels of this model have an encoder of their own, so that it takes no examples: leave them"
                            + " out");
        }
        String asked = options.prompt().isEmpty() ? text : options.prompt() + " " + text;
        return LabelPrompt.Places.of(model.encodeAny(asked, row));
    }

    /** @param vectors of the labels, if they have an encoder of their own */
    private double[] logits(LabelPrompt.Places places, Row row, int labels, Optional<Tensor> vectors) {
        float[][] states = row.floats(GliclassModel.STATES);
        Tensor text = tensor(textStates(places, row, states));
        int slots = config.slots().orElse(labels);
        Map<String, Tensor> inputs = vectors.map(own -> Map.of(
                        GliclassModel.TEXT,
                        text,
                        GliclassModel.LABELS,
                        config.fused() ? tensor(places.statesOfLabels(states)) : own))
                .orElseGet(() -> Map.of(
                        GliclassModel.TEXT, text,
                        GliclassModel.TOKENS, tensor(states),
                        GliclassModel.CHOICE, Tensor.of(places.choice(config, slots), slots, states.length)));
        Tensor all =
                model.inTurn(() -> weights.reading(() -> scores.run(inputs))).get(GliclassModel.SCORES);
        return Row.read(all, 0, labels);
    }

    /**
     * Returns the states that the text's vector is made of: all of the prompt's, or those from the text's marker on.
     */
    private float[][] textStates(LabelPrompt.Places places, Row row, float[][] states) {
        int first = config.textAlone() ? places.text() : 0;
        if (lstm.isPresent()) {
            return lstm.get().run(new float[][][] {
                from(first, row.floats(GliclassModel.GATES.get(0))), from(first, row.floats(GliclassModel.GATES.get(1)))
            });
        }
        float[][] text = from(first, states);
        if (config.textPooling() == TextPooling.PASS || first == 0) {
            return text;
        }
        // The original moves the states to the front and leaves zeros behind them, which poolings read.
        float[][] padded = Arrays.copyOf(text, states.length);
        Arrays.fill(padded, text.length, padded.length, new float[states[0].length]);
        return padded;
    }

    private static float[][] from(int first, float[][] rows) {
        return Arrays.copyOfRange(rows, first, rows.length);
    }

    /** Returns rows of one length as a tensor. */
    static Tensor tensor(float[][] rows) {
        int width = rows[0].length;
        float[] values = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * width, width);
        }
        return Tensor.of(values, rows.length, width);
    }

    /**
     * Returns the vectors of labels of a bi-encoder, each {@code hidden_size} numbers: what {@link #giveLabelVectors}
     * takes. They are computed once and kept. Where pooling_strategy reads padding, they are those of labels that are
     * asked for together.
     *
     * @throws PipelineException if the labels of the model have no encoder of their own
     */
    public Map<String, float[]> labelVectors(List<String> labels) {
        labels.forEach(InputRow.alone("a label")::requireText);
        Map<String, float[]> copies = new HashMap<>();
        ofLabels()
                .of(List.copyOf(new LinkedHashSet<>(labels)))
                .forEach((label, vector) -> copies.put(label, vector.clone()));
        return copies;
    }

    /**
     * Gives vectors of labels to a bi-encoder, which are used instead of those that its encoder of labels computes.
     *
     * @param vectors by label, {@code hidden_size} numbers each
     * @throws PipelineException if the labels of the model have no encoder of their own, or a vector is of another
     *     length or not finite
     */
    public void giveLabelVectors(Map<String, float[]> vectors) {
        ofLabels().give(vectors);
    }

    private EncodedLabels ofLabels() {
        return encoded.orElseThrow(() -> new PipelineException(config.encoder().file()
                + ": architecture_type is not of a bi-encoder: labels of this model stand beside the text"));
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public void close() {
        // First what waits, which needs the rest.
        model.close();
        scores.close();
        encoded.ifPresent(EncodedLabels::close);
    }
}
