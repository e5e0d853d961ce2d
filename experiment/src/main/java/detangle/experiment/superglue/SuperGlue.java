package detangle.experiment.superglue;

import detangle.experiment.PredictionFiles;
import detangle.experiment.data.JsonRow;
import detangle.models.text.WhiteSpace;
import detangle.train.data.Target;
import detangle.train.metrics.Logits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads the labels and writes the submissions that the tasks of SuperGLUE have in common. */
final class SuperGlue {
    /** Labels of questions that have yes or no for an answer. */
    static final List<String> TRUTH = List.of("false", "true");

    private SuperGlue() {}

    /** Returns a text without the white space at its ends. */
    static String text(JsonRow row, String name) {
        return WhiteSpace.strip(row.text(name));
    }

    /** Returns the class of a row, -1 if its label is unknown, or {@link Target#NONE} for a row without a label. */
    static Target target(JsonRow row, List<String> labels) {
        return row.has("label") ? new Target.OneClass(index(row, labels)) : Target.NONE;
    }

    /** Returns the number of the label of a row, or -1 if it has none or an unknown one. */
    static int index(JsonRow row, List<String> labels) {
        return row.has("label") ? labels.indexOf(row.label("label")) : -1;
    }

    /** Writes {@code submit-SET-PREFIX.jsonl}: a line {@code {"idx":0,"label":"true"}} for each example. */
    static PredictionFiles labels(List<String> labels) {
        return (predictions, where) -> write(
                where.file("submit", "jsonl"),
                lines(
                        predictions.size(),
                        i -> object().put("idx", i).put("label", labels.get(Logits.argmax(predictions.logits(i))))));
    }

    /** Returns an empty object. */
    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Writes objects, one in each line. */
    static void write(Path file, List<ObjectNode> lines) throws IOException {
        StringBuilder text = new StringBuilder();
        lines.forEach(line ->
                text.append(JsonMapper.shared().writeValueAsString(line)).append('\n'));
        Files.writeString(file, text);
    }

    /** Makes objects of the numbers below a bound. */
    static List<ObjectNode> lines(int count, IntFunction<ObjectNode> line) {
        List<ObjectNode> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(line.apply(i));
        }
        return lines;
    }
}
