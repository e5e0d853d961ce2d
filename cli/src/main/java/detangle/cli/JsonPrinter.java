package detangle.cli;

import java.io.PrintWriter;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** Writes one array: of what HuggingFace's pipeline returns for each text, or of objects with all of a row. */
final class JsonPrinter extends LinePrinter {
    private final OutputLayout layout;
    private char separator = '[';

    JsonPrinter(Supplier<PrintWriter> target, OutputLayout layout) {
        super(target);
        this.layout = layout;
    }

    @Override
    public void print(OutputRow row) {
        Object value = layout.asObjects()
                ? row.object(layout)
                : row.result().map(Result::json).orElse(null);
        out().print(separator);
        out().print(JsonMapper.shared().writeValueAsString(JsonLinesPrinter.printable(value)));
        separator = ',';
    }

    @Override
    public void end() {
        out().println(separator == '[' ? "[]" : "]");
    }
}
