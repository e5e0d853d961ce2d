package detangle.cli;

import detangle.pipelines.task.Column;
import java.util.List;
import java.util.stream.Stream;

/**
 * The columns of rows of the output.
 *
 * @param asked the texts that were asked about
 * @param answer what is said of a text, in one object
 * @param columns the same in rows of a table, of which a text may have several
 * @param joined whether rows say which row of the source they are, so that JSON is objects of all of it
 * @param errors whether rows say why they have no answer
 */
record OutputLayout(List<Column> asked, List<Column> answer, List<String> columns, boolean joined, boolean errors) {
    /** The name of the property or column that says why a row has no answer. */
    static final String ERROR = "error";

    /** Returns all names that results have, whichever way they are written. */
    List<String> names() {
        return Stream.of(
                        asked.stream().map(Column::name),
                        answer.stream().map(Column::name),
                        columns.stream(),
                        Stream.of(ERROR))
                .flatMap(names -> names)
                .distinct()
                .toList();
    }

    /**
     * Returns whether JSON has an object with everything for each row; otherwise it is what HuggingFace's pipeline
     * returns.
     */
    boolean asObjects() {
        return joined || errors;
    }
}
