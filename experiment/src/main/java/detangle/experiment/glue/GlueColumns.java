package detangle.experiment.glue;

import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TabFile;
import detangle.experiment.data.TabFile.Line;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The columns of the texts in a file of GLUE.
 *
 * @param header whether the first line names the columns
 * @param texts the columns of the one or two texts, from 0; a negative column counts from the end, and -1 is the last
 * @param exactly the number of columns of a line that is read, or 0 if lines of any number are read
 */
record GlueColumns(boolean header, List<Integer> texts, int exactly) {
    /** Returns columns of a file with a header. */
    static GlueColumns of(Integer... texts) {
        return new GlueColumns(true, Arrays.asList(texts), 0);
    }

    /** Returns the same columns of a file without a header. */
    GlueColumns withoutHeader() {
        return new GlueColumns(false, texts, exactly);
    }

    /**
     * Returns the same columns for lines that have exactly this number of columns; the original passes over all others.
     */
    GlueColumns withExactly(int columns) {
        return new GlueColumns(header, texts, columns);
    }

    /** Reads the lines. */
    List<Line> lines(Path file) {
        return TabFile.read(file, header).stream()
                .filter(line -> exactly == 0 || line.size() == exactly)
                .toList();
    }

    /** Returns the texts of a line. */
    List<String> texts(Line line) {
        return texts.stream().map(line::column).toList();
    }

    /** Makes an example of each line. */
    List<Example> examples(List<Line> lines, SegmentFeatures features, Function<Line, Target> target) {
        List<Example> examples = new ArrayList<>();
        for (Line line : lines) {
            examples.add(features.example(texts(line), target.apply(line), examples.size()));
        }
        return examples;
    }

    /** Returns the class of a line by the label in a column, or -1, which does not count, if the label is unknown. */
    static Function<Line, Target> labelled(List<String> labels, int column) {
        return line -> new Target.OneClass(labels.indexOf(line.column(column)));
    }
}
