package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.text.Encoding;
import detangle.models.text.Truncation;
import detangle.pipelines.SpanSearch.Found;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Answers questions with parts of a text: HuggingFace's {@code question-answering}. A text that is longer than the model takes
 * is read in windows that overlap. Answers begin and end at tokens. Any number of threads may use one.
 *
 * <pre>{@code
 * answerer.answer("Where does Ada live?", "Ada lives in London.", QuestionOptions.DEFAULT).getFirst().answer()
 * }</pre>
 */
public final class QuestionAnswerer implements Pipeline {
    private final TextModel model;

    private QuestionAnswerer(TextModel model) {
        this.model = model;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static QuestionAnswerer load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * As {@link #load(Path)}, as the options say.
     *
     * @throws PipelineException if the model has another head
     */
    public static QuestionAnswerer load(Path folder, PipelineOptions options) {
        return new QuestionAnswerer(TextModel.load(folder, Architecture.QUESTION_ANSWERING, options));
    }

    /**
     * The best answers, the best first; an empty one where the model says that there is none.
     *
     * @throws PipelineException if the question or the text is empty, or the question leaves no room for the text
     */
    public List<Answer> answer(String question, String context, QuestionOptions options) {
        TextModel.requireText(question, "the question");
        TextModel.requireText(context, "the context");
        int length = Math.min(options.maxSeqLen(), model.maxLength());
        int stride = Math.min(options.docStride(), length / 2);
        Encoding all = model.tokenizer().encode(question, context);
        // A window is to hold more of the text than it shares with the next one.
        int room = length - (all.length() - tokensOf(all, 1));
        if (room < 1) {
            throw new PipelineException("the question has " + tokensOf(all, 0) + " tokens, which leaves no room for the"
                    + " context in " + length + ": shorten it");
        }
        List<Encoding> windows = new Truncation(
                        length, Truncation.Strategy.ONLY_SECOND, Optional.of(Math.min(stride, room - 1)))
                .apply(all);
        Found[] found = new Found[windows.size()];
        model.run(windows, done -> {}, (index, row) -> {
            int[] sequences = windows.get(index).sequences();
            boolean[] inContext = new boolean[sequences.length];
            for (int i = 0; i < sequences.length; i++) {
                inContext[i] = sequences[i] == 1;
            }
            found[index] =
                    SpanSearch.search(row.perToken("start_logits"), row.perToken("end_logits"), inContext, options);
        });
        return ranked(windows, found, new Characters(context), options);
    }

    private static List<Answer> ranked(
            List<Encoding> windows, Found[] found, Characters context, QuestionOptions options) {
        List<Answer> answers = new ArrayList<>();
        double noAnswer = Double.POSITIVE_INFINITY;
        for (int i = 0; i < found.length; i++) {
            Encoding window = windows.get(i);
            for (SpanSearch.Span span : found[i].spans()) {
                Characters.Span words = context.span(window.starts()[span.first()], window.ends()[span.last()]);
                answers.add(new Answer(span.score(), words.start(), words.end(), words.word()));
            }
            noAnswer = Math.min(noAnswer, found[i].noAnswer());
        }
        if (options.handleImpossibleAnswer()) {
            // Of several windows the one that doubts it most decides.
            answers.add(new Answer(noAnswer, 0, 0, ""));
        }
        answers.sort(Comparator.comparingDouble(Answer::score).reversed());
        return List.copyOf(answers.subList(0, Math.min(options.topK(), answers.size())));
    }

    private static int tokensOf(Encoding encoding, int sequence) {
        return (int)
                IntStream.of(encoding.sequences()).filter(s -> s == sequence).count();
    }

    @Override
    public void close() {
        model.close();
    }
}
