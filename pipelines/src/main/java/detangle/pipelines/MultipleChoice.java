package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses among continuations of a text, as in SWAG or RACE, with a multiple-choice model. Any number of threads may
 * use one pipeline.
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

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
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
     * Returns all choices, the likeliest first.
     *
     * @throws PipelineException if there are none, a text is empty, or one is too long; where truncation is allowed,
     *     the longer of text and choice is cut
     */
    public List<Choice> choose(String prompt, List<String> choices) {
        return choose(List.of(prompt), List.of(choices), done -> {}).getFirst();
    }

    /**
     * Returns the choices of each prompt, the likeliest first, as {@link #choose(String, List)} has them; nothing for a
     * prompt that cannot be answered.
     *
     * @param choices of each prompt
     * @param progress told how many choices are done, after each batch
     */
    public List<List<Choice>> choose(List<String> prompts, List<List<String>> choices, ProgressListener progress) {
        EncodedRows<Encoding> rows = EncodedRows.of(
                "prompt",
                prompts.size(),
                progress,
                row -> encodings(prompts.get(row.index()), choices.get(row.index()), row, prompts.size()));
        double[] logits = new double[rows.encodings().size()];
        model.run(rows.encodings(), progress, (index, row) -> logits[index] = row.values(OutputNames.LOGITS)[0]);
        List<List<Choice>> all = new ArrayList<>();
        int next = 0;
        for (int prompt = 0; prompt < prompts.size(); prompt++) {
            int first = next;
            while (next < logits.length && rows.row(next) == prompt) {
                next++;
            }
            all.add(ranked(Arrays.copyOfRange(logits, first, next), choices.get(prompt)));
        }
        return all;
    }

    private List<Encoding> encodings(String prompt, List<String> choices, InputRow row, int prompts) {
        if (choices.isEmpty()) {
            throw new PipelineException("there are no choices");
        }
        row.requireText(prompt);
        return IntStream.range(0, choices.size())
                .mapToObj(i -> {
                    String name = TextModel.name("choice", i, choices.size());
                    InputRow choice = row.named(prompts == 1 ? name : name + " of " + row.name());
                    choice.requireText(choices.get(i));
                    return model.encode(
                            new TextPair(prompt, choices.get(i)), Truncation.Strategy.LONGEST_FIRST, choice);
                })
                .toList();
    }

    /** @param logits of the choices; none of a prompt that cannot be answered */
    private static List<Choice> ranked(double[] logits, List<String> choices) {
        if (logits.length == 0) {
            return List.of();
        }
        double[] scores = Scores.softmax(logits);
        return IntStream.range(0, scores.length)
                .mapToObj(i -> new Choice(i, scores[i], choices.get(i)))
                .sorted(Comparator.comparingDouble(Choice::score).reversed())
                .toList();
    }

    /**
     * Returns the same pipeline, which cuts texts that are too long, with a warning. Both share one model: close only
     * one of them.
     */
    public MultipleChoice withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same pipeline, which cuts off an end of texts that are too long, with a warning. Both share one
     * model: close only one of them.
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
