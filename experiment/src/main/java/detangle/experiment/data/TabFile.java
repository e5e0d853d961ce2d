package detangle.experiment.data;

import detangle.train.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads files whose lines have columns between tabs. Nothing is quoted: a quote is a character like any other. */
public final class TabFile {
    private TabFile() {}

    /**
     * A line of a file.
     *
     * @param file the file, for messages
     * @param number the number of the line, from 1
     * @param columns the columns of the line
     */
    public record Line(Path file, int number, List<String> columns) {
        public Line {
            columns = List.copyOf(columns);
        }

        /** Returns the number of columns. */
        public int size() {
            return columns.size();
        }

        /**
         * Returns a column.
         *
         * @param index the number of the column from 0; below 0, it is counted from the end, and the last one is -1
         * @throws DataException if the line has fewer columns
         */
        public String column(int index) {
            int place = index < 0 ? columns.size() + index : index;
            if (place < 0 || place >= columns.size()) {
                throw new DataException(
                        where() + " has " + columns.size() + " columns, and " + (index < 0 ? -index : index + 1)
                                + " are needed: the file is not that of the task, or damaged");
            }
            return columns.get(place);
        }

        /**
         * Returns a column that is a number.
         *
         * @throws DataException if it is not one
         */
        public float number(int index) {
            String text = column(index);
            try {
                float number = Float.parseFloat(text.strip());
                if (Float.isFinite(number)) {
                    return number;
                }
                throw new DataException(fault(index, text));
            } catch (NumberFormatException e) {
                throw new DataException(fault(index, text), e);
            }
        }

        private String fault(int index, String text) {
            return where() + ": '" + text + "' in column " + (index + 1) + " is not a number";
        }

        private String where() {
            return file + ", line " + number;
        }
    }

    /**
     * Reads all lines.
     *
     * @param header whether the first line names the columns; it is left out
     * @throws DataException if the file cannot be read, or is not in UTF-8
     */
    public static List<Line> read(Path file, boolean header) {
        List<Line> lines = new ArrayList<>();
        TextLines.read(file, (number, line) -> {
            if (number > 1 || !header) {
                lines.add(new Line(file, number, List.of(line.split("\t", -1))));
            }
        });
        return lines;
    }
}
