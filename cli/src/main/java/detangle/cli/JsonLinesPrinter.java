package detangle.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** An object a line, with all of a row. */
final class JsonLinesPrinter extends LinePrinter {
    private final OutputLayout layout;

    JsonLinesPrinter(Supplier<PrintWriter> target, OutputLayout layout) {
        super(target);
        this.layout = layout;
    }

    @Override
    public void print(OutputRow row) {
        out().println(JsonMapper.shared().writeValueAsString(printable(row.object(layout))));
    }

    /** Returns a value with the components of vectors rounded to the decimals of single precision. */
    static Object printable(Object value) {
        return switch (value) {
            case float[] vector -> {
                List<Double> numbers = new ArrayList<>();
                for (float component : vector) {
                    numbers.add(Result.rounded(component));
                }
                yield numbers;
            }
            case Map<?, ?> object
            when object.values().stream().anyMatch(float[].class::isInstance) -> {
                Map<Object, Object> copy = new LinkedHashMap<>(object);
                copy.replaceAll((name, v) -> printable(v));
                yield copy;
            }
            case null -> null;
            default -> value;
        };
    }
}
