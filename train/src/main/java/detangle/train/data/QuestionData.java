package detangle.train.data;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerException;
import detangle.models.text.Truncation;
import detangle.models.text.Truncation.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Questions as windows over their texts, as HuggingFace's {@code run_qa.py} makes them: each window is an example. Its
 * answer is that of the question if the window contains the whole answer; otherwise it is the first token, which means
 * that there is no answer.
 *
 * @param questions the questions, in order
 * @param windows all windows, in order
 */
public record QuestionData(List<QuestionRow> questions, List<Window> windows) {
    /**
     * A part of a text, together with the question.
     *
     * @param question the number of the question
     * @param example the window as an example
     * @param starts for each token, the first code point in the context; -1 for a token that is not of the context
     * @param ends for each token, the code point after its last; -1 for a token that is not of the context
     */
    public record Window(int question, Example example, int[] starts, int[] ends) {}

    /**
     * Encodes questions.
     *
     * @param maxLength the most tokens of a window, the question and the special ones included; 384 is usual
     * @param stride the number of tokens of the context that two windows share; 128 is usual
     * @throws DataException if there are none, one is empty, or a question leaves no room for its text
     */
    public static QuestionData read(
            Iterable<QuestionRow> rows, String name, Tokenizer tokenizer, int maxLength, int stride) {
        List<QuestionRow> questions = new ArrayList<>();
        List<Window> windows = new ArrayList<>();
        Truncation cut = new Truncation(maxLength, Strategy.ONLY_SECOND, Optional.of(stride));
        for (QuestionRow row : rows) {
            if (row.question().isBlank() || row.context().isBlank()) {
                throw new DataException(
                        row.where() + " has no " + (row.question().isBlank() ? "question" : "context"));
            }
            for (Encoding encoding : windows(row, tokenizer, cut)) {
                windows.add(window(questions.size(), row, encoding));
            }
            questions.add(row);
        }
        if (questions.isEmpty()) {
            throw new DataException(name + " has no questions");
        }
        return new QuestionData(questions, windows);
    }

    /** Encodes rows as SQuAD's datasets have them: context, question, answers with text and answer_start. */
    public static Iterable<QuestionRow> questions(Iterable<DataRow> rows) {
        List<QuestionRow> questions = new ArrayList<>();
        rows.forEach(row -> questions.add(QuestionRow.of(row)));
        return questions;
    }

    /** Returns the examples, one for each window. */
    public List<Example> examples() {
        return windows.stream().map(Window::example).toList();
    }

    /** Returns some of the questions, in the given order, with their windows. */
    public QuestionData part(List<Integer> which) {
        List<QuestionRow> chosen = new ArrayList<>();
        List<Window> read = new ArrayList<>();
        Map<Integer, List<Window>> byQuestion = windows.stream().collect(Collectors.groupingBy(Window::question));
        for (int question : which) {
            for (Window window : byQuestion.get(question)) {
                read.add(new Window(chosen.size(), window.example, window.starts, window.ends));
            }
            chosen.add(questions.get(question));
        }
        return new QuestionData(chosen, read);
    }

    private static List<Encoding> windows(QuestionRow row, Tokenizer tokenizer, Truncation cut) {
        Encoding whole = tokenizer.encode(row.question(), row.context());
        try {
            return cut.apply(whole);
        } catch (TokenizerException e) {
            throw new DataException(
                    row.where() + " leaves no room for its context in windows of " + cut.maxLength()
                            + " tokens that share " + cut.stride().orElseThrow() + ": take longer windows",
                    e);
        }
    }

    private static Window window(int question, QuestionRow row, Encoding encoding) {
        int[] starts = new int[encoding.length()];
        int[] ends = new int[encoding.length()];
        int first = encoding.length();
        int last = -1;
        for (int t = 0; t < starts.length; t++) {
            boolean context = encoding.sequences()[t] == 1;
            starts[t] = context ? encoding.starts()[t] : -1;
            ends[t] = context ? encoding.ends()[t] : -1;
            if (context) {
                first = Math.min(first, t);
                last = t;
            }
        }
        Target.Span span = span(row, starts, ends, first, last);
        return new Window(question, Example.of(TokenIds.of(encoding), span), starts, ends);
    }

    /** Returns the last token that begins no later than the answer, and the first token that ends no earlier. */
    private static Target.Span span(QuestionRow row, int[] starts, int[] ends, int first, int last) {
        Target.Span none = new Target.Span(0, 0);
        if (row.answers().isEmpty() || last < first) {
            return none;
        }
        QuestionRow.Answer answer = row.answers().getFirst();
        int begin = answer.start();
        int end = begin + answer.text().codePointCount(0, answer.text().length());
        if (starts[first] > begin || ends[last] < end) {
            return none;
        }
        int start = first;
        while (start < last && starts[start + 1] <= begin) {
            start++;
        }
        int stop = last;
        while (stop > first && ends[stop - 1] >= end) {
            stop--;
        }
        return new Target.Span(start, stop);
    }
}
