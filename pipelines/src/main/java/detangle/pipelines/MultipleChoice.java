package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Chooses among continuations of a text, as in SWAG or RACE, with a multiple-choice model. Any number of threads may
 * use one.
 *
 * <pre>{@code
 * chooser.choose("I have lost my card.", List.of("I block it.", "I eat it.")).getFirst().choice()
 * }</pre>
 */
public final class MultipleChoice implements Pipeline {
    private final TextModel model;

    private MultipleChoice(TextModel model) {
        this.model = model;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static MultipleChoice load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head
     */
    public static MultipleChoice load(Path folder, PipelineOptions options) {
        return new MultipleChoice(TextModel.load(folder, Architecture.MULTIPLE_CHOICE, options));
    }

    /**
     * All choices, the likeliest first.
     *
     * @throws PipelineException if there are none, a text is empty, or one is too long; where truncation is allowed,
     *     the longer of text and choice is cut
     */
    public List<Choice> choose(String prompt, List<String> choices) {
        if (choices.isEmpty()) {
            throw new PipelineException("there are no choices");
        }
        InputRow.alone("the prompt").requireText(prompt);
        List<Encoding> encodings = IntStream.range(0, choices.size())
                .mapToObj(i -> {
                    InputRow row = InputRow.alone(TextModel.name("choice", i, choices.size()));
                    row.requireText(choices.get(i));
                    return model.encode(new TextPair(prompt, choices.get(i)), Truncation.Strategy.LONGEST_FIRST, row);
                })
                .toList();
        Map<String, Tensor> inputs = new HashMap<>();
        model.inputs(encodings).forEach((name, rows) -> inputs.put(name, oneBatch(rows)));
        Row row = new Row(model.run(inputs), 0, choices.size());
        double[] logits = model.reading(encodings.getFirst(), () -> row.values(OutputNames.LOGITS));
        double[] scores = Scores.softmax(logits);
        return IntStream.range(0, scores.length)
                .mapToObj(i -> new Choice(i, scores[i], choices.get(i)))
                .sorted(Comparator.comparingDouble(Choice::score).reversed())
                .toList();
    }

    /** {@code [C,S]} as {@code [1,C,S]}. */
    private static Tensor oneBatch(Tensor rows) {
        long[] values = new long[Math.toIntExact(rows.dim(0) * rows.dim(1))];
        for (int i = 0; i < values.length; i++) {
            values[i] = rows.getLong(i);
        }
        return Tensor.of(values, 1, rows.dim(0), rows.dim(1));
    }

    /** The same pipeline, which cuts texts that are too long, with a warning. It is closed with this one. */
    public MultipleChoice withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * The same pipeline, which cuts off an end of texts that are too long, with a warning. It is closed with this one.
     */
    public MultipleChoice withTruncation(Truncation.Side side) {
        return new MultipleChoice(model.cutting(side));
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
