package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Fixtures with random weights, against outputs that HuggingFace's code computed in double precision. */
class GoldenTest {
    private static final double HIDDEN_STATES = 2e-5;
    private static final double LOGITS = 5e-5;

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} on {1}")
    @CsvSource({
        "v3-encoder, vector",
        "v3-encoder, reference",
        "v3-seqcls, vector",
        "v3-seqcls, reference",
        "v3-seqcls-tanhpool, vector",
        "v3-seqcls-tanhpool, reference",
        "v3-regression, vector",
        "v3-regression, reference",
        "v3-default-maxrel, vector",
        "v3-default-maxrel, reference",
        "mdeberta-seqcls, vector",
        "mdeberta-seqcls, reference"
    })
    void matches(String fixture, String backend) throws IOException {
        Path golden = Shared.path("goldens/" + fixture);
        Path output = folder.resolve("out.safetensors");

        Result result = DetangleProcess.java(
                Launch.MODULE_PATH,
                "run",
                golden.toString(),
                "--inputs",
                golden.resolve("inputs.json").toString(),
                "--output",
                output.toString(),
                "--backend",
                backend);

        assertEquals(0, result.status(), result.err());
        JsonNode cases = new JsonMapper().readTree(Files.readString(golden.resolve("inputs.json")));
        try (Weights expected = Weights.open(golden.resolve("expected.safetensors"));
                Weights actual = Weights.open(output)) {
            int compared = 0;
            for (JsonNode c : cases.path("cases")) {
                compared += compare(c, expected, actual);
            }
            assertTrue(compared > 0, "nothing was compared");
        }
    }

    /** How many tensors of a case were compared. */
    private static int compare(JsonNode c, Weights expected, Weights actual) {
        String name = c.path("name").asString();
        boolean[][] tokens = tokens(c);
        int compared = 0;
        for (String key : expected.names()) {
            if (key.startsWith(name + ".hidden_states.")) {
                compareStates(key, expected.get(key), actual.get(key), tokens);
                compared++;
            } else if (key.equals(name + ".logits") || key.equals(name + ".loss")) {
                compareRows(key, expected.get(key), actual.get(key), tokens);
                compared++;
            }
        }
        return compared;
    }

    private static boolean[][] tokens(JsonNode c) {
        JsonNode ids = c.path("input_ids");
        JsonNode mask = c.path("attention_mask");
        boolean[][] tokens = new boolean[ids.size()][ids.path(0).size()];
        for (int i = 0; i < tokens.length; i++) {
            for (int j = 0; j < tokens[i].length; j++) {
                tokens[i][j] = !mask.isArray() || mask.get(i).get(j).asInt() != 0;
            }
        }
        return tokens;
    }

    private static void compareStates(String key, Tensor expected, Tensor actual, boolean[][] tokens) {
        assertEquals(expected.type(), actual.type(), key);
        long width = expected.dim(2);
        for (int row = 0; row < tokens.length; row++) {
            for (int position = 0; position < tokens[row].length; position++) {
                for (int i = 0; i < width; i++) {
                    long at = ((long) row * tokens[row].length + position) * width + i;
                    double want = tokens[row][position] ? expected.getDouble(at) : 0;
                    double tolerance = tokens[row][position] ? HIDDEN_STATES : 0;
                    assertEquals(want, actual.getDouble(at), tolerance, key + " row " + row + " position " + position);
                }
            }
        }
    }

    /** Rows without any token are padding of the batch. */
    private static void compareRows(String key, Tensor expected, Tensor actual, boolean[][] tokens) {
        assertEquals(expected.elements(), actual.elements(), key);
        long width = expected.elements() / Math.max(1, expected.rank() == 0 ? 1 : expected.dim(0));
        for (int at = 0; at < expected.elements(); at++) {
            boolean[] row = tokens[expected.rank() == 0 ? 0 : (int) (at / width)];
            boolean any = false;
            for (boolean token : row) {
                any |= token;
            }
            if (any) {
                assertEquals(expected.getDouble(at), actual.getDouble(at), LOGITS, key + " element " + at);
            }
        }
    }
}
