package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
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
 * Answers questions with parts of a text: HuggingFace's {@code question-answering}. A text that is longer than the
 * model takes is read in windows that overlap; answers with the same words count as one, whose score is the sum of
 * theirs. Answers are whole words unless the options say otherwise. Any number of threads may use one object.
 *
 * <pre>{@code
 * answerer.answer("Where does Ada live?", "Ada lives in London.", QuestionOptions.DEFAULT).getFirst().answer()
 * }</pre>
 */
public final class QuestionAnswerer implements Pipeline {
    /** The most spans of all windows of a call that are compared with each other, in a shared model. */
    private static final long MAX_CANDIDATES = 20_000;

    private final TextModel model;

    private QuestionAnswerer(TextModel model) {
        this.model = model;
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static QuestionAnswerer load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws PipelineException if the model has another head
     */
    public static QuestionAnswerer load(Path folder, PipelineOptions options) {
        return new QuestionAnswerer(TextModel.load(folder, Architecture.QUESTION_ANSWERING, options));
    }

    /** Returns the best answers to a question; see {@link #answer(List, QuestionOptions, IntConsumer)}. */
    public List<Answer> answer(String question, String context, QuestionOptions options) {
        return answer(List.of(new Question(question, context)), options).getFirst();
    }

    /** Returns the answers to several questions. */
    public List<List<Answer>> answer(List<Question> questions, QuestionOptions options) {
        return answer(questions, options, done -> {});
    }

    /**
     * Returns the best answers to each question, the best first. An answer with an empty text means that the text has
     * no answer.
     *
     * @param progress told how many windows are done, after each batch
     * @throws PipelineException if a question or a text is empty, or a question leaves no room for its text
     */
    public List<List<Answer>> answer(List<Question> questions, QuestionOptions options, ProgressListener progress) {
        TextModel.Windows made = model.new Windows();
        EncodedRows<Window> rows = EncodedRows.of(
                "question", questions.size(), progress, row -> windows(questions.get(row.index()), row, options, made));
        List<Window> windows = rows.encodings();
        requireFew(windows, options);
        Found[] found = new Found[windows.size()];
        model.run(windows.stream().map(Window::encoding).toList(), progress, (index, row) -> {
            Window window = windows.get(index);
            found[index] = SpanSearch.search(
                    row.perToken(OutputNames.START_LOGITS),
                    row.perToken(OutputNames.END_LOGITS),
                    window.inContext(),
                    options,
                    // A token may be white space alone, which is not an answer.
                    span -> !window.part(span).word().isEmpty());
        });
        List<List<Answer>> answers = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < questions.size(); i++) {
            int first = next;
            while (next < found.length && rows.row(next) == i) {
                next++;
            }
            // A question without windows cannot be answered, and the listener has been told.
            answers.add(
                    first == next
                            ? List.of()
                            : ranked(windows.subList(first, next), Arrays.copyOfRange(found, first, next), options));
        }
        return answers;
    }

    /**
     * Throws a {@link PipelineException} if a call of a shared model would have an answer without a bound: the number
     * of spans grows with the square of a context's tokens.
     */
    private void requireFew(List<Window> windows, QuestionOptions options) {
        long candidates = windows.stream()
                .mapToLong(window -> {
                    long tokens = tokensOf(window.encoding(), 1);
                    return Math.min(SpanSearch.candidates(options), tokens * Math.min(tokens, options.maxAnswerLen()));
                })
                .sum();
        if (model.isShared() && candidates > MAX_CANDIDATES) {
            throw new PipelineException(
                    "top_k is " + options.topK() + ", for which up to " + candidates + " answers from "
                            + windows.size() + " windows are compared, and at most " + MAX_CANDIDATES
                            + " are: ask for fewer (top_k), or send less at once");
        }
    }

    /**
     * A part of a context that the model reads at once, with its question.
     *
     * @param words of the whole context, where answers are widened to them
     */
    private record Window(Encoding encoding, Characters context, Optional<WordBounds> words) {
        boolean[] inContext() {
            int[] sequences = encoding.sequences();
            boolean[] inContext = new boolean[sequences.length];
            for (int i = 0; i < sequences.length; i++) {
                inContext[i] = sequences[i] == 1;
            }
            return inContext;
        }

        private int start(SpanSearch.Span span) {
            return words.map(bounds -> bounds.start(encoding.words()[span.first()]))
                    .orElseGet(() -> encoding.starts()[span.first()]);
        }

        private int end(SpanSearch.Span span) {
            return words.map(bounds -> bounds.end(encoding.words()[span.last()]))
                    .orElseGet(() -> encoding.ends()[span.last()]);
        }

        /**
         * Returns the key by which equal answers are recognised: the words with the white space of their tokens, in
         * lower case.
         */
        String key(SpanSearch.Span span) {
            return context.text(start(span), end(span)).toLowerCase(Locale.ROOT);
        }

        Characters.Span part(SpanSearch.Span span) {
            return context.span(start(span), end(span));
        }
    }

    private List<Window> windows(Question question, InputRow row, QuestionOptions options, TextModel.Windows made) {
        row.requireText(question.question());
        row.named("the context of " + row.name()).requireText(question.context());
        int length = Math.min(options.maxSeqLen(), model.maxLength());
        int stride = Math.min(options.docStride(), length / 2);
        Encoding all = asked(model.encodeWhole(new TextPair(question.question(), question.context())), options);
        // A window must hold more of the text than it shares with the next one.
        int room = length - (all.length() - tokensOf(all, 1));
        if (room < 1) {
            throw row.unanswerable("has " + tokensOf(all, 0) + " tokens, which leaves no room for its context in "
                    + length + ": shorten it");
        }
        Truncation cut =
                new Truncation(length, Truncation.Strategy.ONLY_SECOND, Optional.of(Math.min(stride, room - 1)));
        List<Encoding> windows = made.of(all, cut);
        Characters context = new Characters(question.context());
        Optional<WordBounds> words =
                options.alignToWords() ? Optional.of(new WordBounds(windows, 1)) : Optional.empty();
        return windows.stream()
                .map(window -> new Window(window, context, words))
                .toList();
    }

    /** Returns the tokens of a question and its context, with the question cut to its limit. */
    private static Encoding asked(Encoding all, QuestionOptions options) {
        int question = tokensOf(all, 0);
        int maxQuestionTokens = options.maxQuestionLen().orElse(question);
        return question <= maxQuestionTokens
                ? all
                : new Truncation(
                                all.length() - (question - maxQuestionTokens),
                                Truncation.Strategy.ONLY_FIRST,
                                Optional.empty())
                        .apply(all)
                        .getFirst();
    }

    private static List<Answer> ranked(List<Window> windows, Found[] found, QuestionOptions options) {
        // Windows overlap, several spans of tokens may be the same words, and a word may stand in several places: one
        // answer each.
        Map<String, Answer> byKey = new LinkedHashMap<>();
        double noAnswer = Double.POSITIVE_INFINITY;
        for (int i = 0; i < found.length; i++) {
            Window window = windows.get(i);
            for (SpanSearch.Span span : found[i].spans()) {
                Characters.Span part = window.part(span);
                byKey.merge(
                        window.key(span),
                        new Answer(span.score(), part.start(), part.end(), part.word()),
                        (first, same) ->
                                new Answer(first.score() + same.score(), first.start(), first.end(), first.answer()));
            }
            noAnswer = Math.min(noAnswer, found[i].noAnswer());
        }
        List<Answer> answers = new ArrayList<>(byKey.values());
        if (options.handleImpossibleAnswer()) {
            // The window in which "no answer" has the least probability decides.
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
