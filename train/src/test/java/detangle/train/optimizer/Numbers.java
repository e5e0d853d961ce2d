package detangle.train.optimizer;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the original code and PyTorch computed; the data is kept beside the repository and not in it. */
final class Numbers {
    private Numbers() {}

    /** A file of {@code goldens-training/numbers}; the test is skipped with one line where there is none. */
    static JsonNode read(String name) {
        String file = "shared/goldens-training/numbers/" + name;
        Path path = Path.of(System.getProperty("detangle.home")).resolveSibling(file);
        if (!Files.exists(path)) {
            String line = "skipped: ../" + file + " is not there";
            System.out.println(line);
            abort(line);
        }
        return JsonMapper.shared().readTree(path.toFile());
    }

    static double[] doubles(JsonNode array) {
        return array.valueStream().mapToDouble(JsonNode::asDouble).toArray();
    }
}
