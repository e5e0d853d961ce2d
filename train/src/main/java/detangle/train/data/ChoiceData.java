package detangle.train.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Prompts with choices of which one is right. Rows have a list {@code choices} (or {@code options}, {@code endings}),
 * or columns {@code choice0}, {@code choice1} ... ({@code ending0} of SWAG, whose {@code sent2} stands before each;
 * {@code choice1} ... of COPA).
 *
 * @param examples an example for each row, in order
 * @param notices remarks on the data for the user, one line each
 */
public record ChoiceData(List<Example> examples, List<String> notices) {
    private static final List<String> PROMPTS = List.of("prompt", "text", "context", "premise", "sent1", "question");
    private static final List<String> LISTS = List.of("choices", "options", "endings");
    private static final List<String> NUMBERED = List.of("choice", "ending", "option");
    private static final List<String> LABELS = List.of("label", "labels", "answer");

    /**
     * Reads rows.
     *
     * @throws DataException if there are none, one has fewer than two choices or another number of them than the first,
     *     or the label is neither the number of a choice, counted from 0, nor its letter or text, or it is a text that
     *     means one choice as its number or letter and another one as its text
     */
    public static ChoiceData read(Iterable<DataRow> rows, String name, DataColumns columns, ExampleEncoder encoder) {
        List<Example> examples = new ArrayList<>();
        for (DataRow row : rows) {
            String prompt = row.text(DataColumns.found(row, columns.text(), PROMPTS, "prompts"));
            List<String> choices = choices(row);
            if (choices.size() < 2) {
                throw new DataException(row.where() + " has fewer than two choices");
            }
            Object label = row.value(DataColumns.found(row, columns.label(), LABELS, "labels"));
            List<TokenIds> texts = choices.stream()
                    .map(choice -> TokenIds.of(encoder.encode(prompt, choice, row.where())))
                    .toList();
            examples.add(new Example(texts, new Target.OneClass(index(label, choices, row.where()))));
            int first = examples.getFirst().texts().size();
            if (choices.size() != first) {
                throw new DataException(
                        row.where() + " has " + choices.size() + " choices, and rows before it have " + first);
            }
        }
        if (examples.isEmpty()) {
            throw new DataException(name + " has no rows");
        }
        return new ChoiceData(examples, encoder.notices());
    }

    private static List<String> choices(DataRow row) {
        Optional<String> list =
                LISTS.stream().filter(row.columns()::containsKey).findFirst();
        if (list.isPresent()) {
            return row.list(list.get()).stream().map(String::valueOf).toList();
        }
        String before = row.columns().containsKey("sent2") ? row.text("sent2") + " " : "";
        for (String stem : NUMBERED) {
            List<String> found = IntStream.range(0, row.columns().size())
                    .mapToObj(i -> stem + i)
                    .filter(row.columns()::containsKey)
                    .map(column -> before + row.text(column))
                    .toList();
            if (!found.isEmpty()) {
                return found;
            }
        }
        throw new DataException(
                row.where() + " has neither a list of choices nor columns choice0, choice1; it has " + row.names());
    }

    private static int index(Object label, List<String> choices, String where) {
        String name = LabelMap.name(label).strip();
        boolean isNumber = name.matches("\\d{1,4}");
        int index = -1;
        if (isNumber) {
            index = Integer.parseInt(name);
        } else if (name.matches("[A-Za-z]")) {
            index = Character.toUpperCase(name.charAt(0)) - 'A';
        }
        boolean isChoice = index >= 0 && index < choices.size();
        int text = label instanceof Number ? -1 : choices.indexOf(name);
        if (isChoice && text >= 0 && text != index) {
            throw new DataException(where + " has the label '" + name + "', which is the text of choice " + text
                    + " and the " + (isNumber ? "number" : "letter") + " of choice " + index
                    + ", counted from 0: write the " + (isNumber ? "letter" : "number") + " of the right choice");
        }
        if (text >= 0) {
            return text;
        }
        if (!isChoice) {
            throw new DataException(where + " has the label '" + name + "', which is not one of its " + choices.size()
                    + " choices, counted from 0");
        }
        return index;
    }
}
