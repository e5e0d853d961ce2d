package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.gliclass.TextPooling;
import detangle.models.gliner.BiLstm;
import detangle.models.text.Encoding;
import detangle.models.weights.Weights;
import detangle.runtime.CompiledProgram;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes the logits of labels for texts with a GLiClass model: encodes prompts, runs the encoder, the LSTM if there is
 * one, and the program that scores labels.
 *
 * @param encoded the vectors of labels, if these have an encoder of their own
 */
record LabelLogits(
        GliclassConfig config,
        TextModel model,
        Optional<BiLstm> lstm,
        CompiledProgram scores,
        Weights weights,
        Optional<EncodedLabels> encoded) {
    /** GLiClass's length of a prompt, in tokens. */
    private static final int MAX_LENGTH = 1024;

    /** Loads the parts of a model. The caller closes the weights of {@code parts} if this fails. */
    static LabelLogits of(GliclassFolder parts, PipelineOptions options) {
        GliclassConfig config = parts.config();
        // The checkpoint may have layers above the one that the configuration reads.
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
                    return new LabelLogits(config, model, lstm, scores, parts.weights(), encoded);
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

    /** Returns the same model, which cuts prompts that are too long. Both share one model. */
    LabelLogits cutting() {
        return new LabelLogits(config, model.cutting(), lstm, scores, weights, encoded);
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

    /**
     * Returns the logits of labels for each text, {@code [texts][labels]}; none for a text that cannot be answered.
     *
     * @param labels the labels of each text
     * @param refusesEmptyTexts whether a text of white space alone cannot be answered
     * @param progress receives the number of finished texts after each batch
     * @throws PipelineException if there are no labels, or more than the model has place for, or prompt, labels and text
     *     are too long
     */
    double[][] of(
            List<String> texts,
            List<List<String>> labels,
            LabelOptions options,
            boolean refusesEmptyTexts,
            ProgressListener progress) {
        labels.stream().distinct().forEach(asked -> {
            LabelScores.requireLabels(asked);
            checkSlots(asked);
        });
        Map<List<String>, Tensor> vectors = new HashMap<>();
        encoded.ifPresent(own ->
                labels.stream().distinct().forEach(asked -> vectors.put(asked, own.tensor(asked, own.of(asked)))));
        EncodedRows<LabelPrompt.Places> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            if (refusesEmptyTexts) {
                row.requireText(text);
            }
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
                    "the labels of this model have an encoder of their own, so it does not take examples: leave them"
                            + " out");
        }
        String asked = options.prompt().isEmpty() ? text : options.prompt() + " " + text;
        return LabelPrompt.Places.of(model.encodeAny(asked, row));
    }

    /** @param vectors the vectors of labels, if these have an encoder of their own */
    private double[] logits(LabelPrompt.Places places, Row row, int labels, Optional<Tensor> vectors) {
        float[][] states = row.floats(GliclassModel.STATES);
        Tensor text = States.tensor(textStates(places, row, states));
        int slots = config.slots().orElse(labels);
        Map<String, Tensor> inputs = vectors.map(own -> Map.of(
                        GliclassModel.TEXT,
                        text,
                        GliclassModel.LABELS,
                        config.fused() ? States.tensor(places.statesOfLabels(states)) : own))
                .orElseGet(() -> Map.of(
                        GliclassModel.TEXT, text,
                        GliclassModel.TOKENS, States.tensor(states),
                        GliclassModel.CHOICE, Tensor.of(places.choice(config, slots), slots, states.length)));
        Tensor all =
                model.inTurn(() -> weights.reading(() -> scores.run(inputs))).get(GliclassModel.SCORES);
        return Row.read(all, 0, labels);
    }

    /**
     * Returns the states from which the text's vector is pooled: all of the prompt's, or those from the text's marker
     * on.
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
        // The original moves these states to the front and leaves zeros behind them, which poolings read.
        float[][] padded = Arrays.copyOf(text, states.length);
        Arrays.fill(padded, text.length, padded.length, new float[states[0].length]);
        return padded;
    }

    private static float[][] from(int first, float[][] rows) {
        return Arrays.copyOfRange(rows, first, rows.length);
    }

    void close() {
        // The model ends first: its waiting calls need the other parts.
        model.close();
        scores.close();
        encoded.ifPresent(EncodedLabels::close);
    }
}
