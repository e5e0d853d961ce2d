package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.text.Encoding;
import detangle.models.text.Truncation;
import detangle.pipelines.SpanSearch.Found;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Answers questions with parts of a text: HuggingFace's {@code question-answering}. A text that is longer than the model takes
 * is read in windows that overlap; what several windows find is one answer, whose score is the sum of theirs. Answers are whole words
 * unless the options say otherwise. Any number of threads may use one.
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

    /** The best answers to a question; see {@link #answer(List, QuestionOptions, IntConsumer)}. */
    public List<Answer> answer(String question, String context, QuestionOptions options) {
        return answer(List.of(new Question(question, context)), options, done -> {})
                .getFirst();
    }

    /**
     * The best answers to each question, the best first; an empty one where the model says that there is none.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a question or a text is empty, or a question leaves no room for its text
     */
    public List<List<Answer>> answer(List<Question> questions, QuestionOptions options, ProgressListener progress) {
        EncodedRows<Encoding> rows = EncodedRows.of(
                "question", questions.size(), progress, row -> windows(questions.get(row.index()), row, options));
        List<Encoding> encodings = rows.encodings();
        Found[] found = new Found[encodings.size()];
        model.run(encodings, progress, (index, row) -> {
            int[] sequences = encodings.get(index).sequences();
            boolean[] inContext = new boolean[sequences.length];
            for (int i = 0; i < sequences.length; i++) {
                inContext[i] = sequences[i] == 1;
            }
            found[index] =
                    SpanSearch.search(row.perToken("start_logits"), row.perToken("end_logits"), inContext, options);
        });
        List<List<Answer>> answers = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < questions.size(); i++) {
            int first = next;
            while (next < found.length && rows.row(next) == i) {
                next++;
            }
            if (first == next) {
                answers.add(List.of()); // It cannot be answered, and the listener knows.
                continue;
            }
            answers.add(ranked(
                    encodings.subList(first, next),
                    Arrays.copyOfRange(found, first, next),
                    new Characters(questions.get(i).context()),
                    options));
        }
        return answers;
    }

    private List<Encoding> windows(Question question, InputRow row, QuestionOptions options) {
        row.requireText(question.question());
        row.named("the context of " + row.name()).requireText(question.context());
        int length = Math.min(options.maxSeqLen(), model.maxLength());
        int stride = Math.min(options.docStride(), length / 2);
        Encoding all = model.tokenizer().encode(question.question(), question.context());
        // A window is to hold more of the text than it shares with the next one.
        int room = length - (all.length() - tokensOf(all, 1));
        if (room < 1) {
            throw row.unanswerable("has " + tokensOf(all, 0) + " tokens, which leaves no room for its context in "
                    + length + ": shorten it");
        }
        return new Truncation(length, Truncation.Strategy.ONLY_SECOND, Optional.of(Math.min(stride, room - 1)))
                .apply(all);
    }

    private static List<Answer> ranked(
            List<Encoding> windows, Found[] found, Characters context, QuestionOptions options) {
        WordBounds words = new WordBounds(windows, 1);
        // Windows overlap, and several spans of tokens may be the same words: what two of them found is one answer.
        Map<String, Answer> byText = new LinkedHashMap<>();
        double noAnswer = Double.POSITIVE_INFINITY;
        for (int i = 0; i < found.length; i++) {
            Encoding window = windows.get(i);
            for (SpanSearch.Span span : found[i].spans()) {
                Characters.Span part = options.alignToWords()
                        ? context.span(
                                words.start(window.words()[span.first()]), words.end(window.words()[span.last()]))
                        : context.span(window.starts()[span.first()], window.ends()[span.last()]);
                byText.merge(
                        part.word().toLowerCase(Locale.ROOT),
                        new Answer(span.score(), part.start(), part.end(), part.word()),
                        (first, same) ->
                                new Answer(first.score() + same.score(), first.start(), first.end(), first.answer()));
            }
            noAnswer = Math.min(noAnswer, found[i].noAnswer());
        }
        List<Answer> answers = new ArrayList<>(byText.values());
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
