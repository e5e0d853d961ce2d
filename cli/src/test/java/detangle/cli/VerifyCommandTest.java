package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.InputNames;
import detangle.models.text.Tokenizers;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifyCommandTest {
    private static final String TEXT = "Where is my card?";

    @TempDir
    private static Path folder;

    private static Path model;
    private static double[] logits;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void writeModel() throws IOException {
        model = folder.resolve("model");
        TinyModel.write(model, "ForSequenceClassification", List.of("yes", "no"));
        int[] ids = Tokenizers.load(model).encode(TEXT).ids();
        long[] ones = new long[ids.length];
        Arrays.fill(ones, 1);
        try (Session session =
                Session.load(model, SessionOptions.DEFAULT.withHead(Architecture.SEQUENCE_CLASSIFICATION))) {
            Tensor found = session.run(Map.of(
                            InputNames.IDS,
                            Tensor.of(Arrays.stream(ids).asLongStream().toArray(), 1, ids.length),
                            InputNames.MASK,
                            Tensor.of(ones, 1, ids.length)))
                    .get("logits");
            logits = new double[] {found.getDouble(0), found.getDouble(1)};
        }
    }

    private int verify(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "verify";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    }

    private static String values(String input, String fields, String points) {
        return """
                {"models": [{"model": "a/b", "source": "a test", "head": "sequence-classification", %s,
                  "output": "logits", "tolerance": 1e-4, %s "values": [%s]}]}
                """.formatted(input, fields, points);
    }

    private static String point(String at, double value) {
        return String.format(Locale.ROOT, "{\"at\": %s, \"value\": %.9f}", at, value);
    }

    private static String file(String text) throws IOException {
        return Files.writeString(folder.resolve("values.json"), text).toString();
    }

    @Test
    void equalValuesAgree() throws IOException {
        String file = file(values(
                "\"text\": \"" + TEXT + "\"", "", point("[0, 0]", logits[0]) + ", " + point("[0, 1]", logits[1])));

        assertEquals(0, verify(model.toString(), "--values", file), err.toString());
        assertTrue(out.toString().startsWith("a/b: 2 values of logits, largest difference "), out.toString());
        assertTrue(out.toString().endsWith(" of at most 0.00010 (a test)\n"), out.toString());
    }

    @Test
    void probabilitiesOfALabelAgree() throws IOException {
        double no = 1 / (1 + Math.exp(logits[0] - logits[1]));
        String file = file(values("\"text\": \"" + TEXT + "\"", "\"softmax\": true,", point("[0, \"no\"]", no)));

        assertEquals(0, verify(model.toString(), "--values", file), err.toString());
    }

    @Test
    void anotherValueIsAFailureThatNamesItsPlace() throws IOException {
        String file = file(values(
                "\"text\": \"" + TEXT + "\"",
                "",
                point("[0, 0]", logits[0]) + ", " + point("[0, 1]", logits[1] + 0.5)));

        assertEquals(1, verify(model.toString(), "--values", file));
        assertTrue(
                err.toString()
                        .contains(
                                "does not answer as a/b does: it differs by 0.50 at logits[0, 1], and at most 0.00010"),
                err.toString());
    }

    @Test
    void anArtifactIsCheckedAndCompared() throws IOException {
        Path artifact = folder.resolve("model.dtl");
        assertEquals(
                0,
                Main.run(
                        new PrintWriter(out),
                        new PrintWriter(err, true),
                        "compile",
                        model.toString(),
                        "-o",
                        artifact.toString()),
                err.toString());
        String file = file(values("\"text\": \"" + TEXT + "\"", "", point("[0, 0]", logits[0])));

        assertEquals(0, verify(artifact.toString(), "--values", file), err.toString());
        assertTrue(out.toString().contains("model.dtl is whole\na/b: 1 value of logits"), out.toString());
    }

    @Test
    void allPublishedValuesAreRead() {
        List<ExpectedValues> all = ExpectedValues.published();

        assertEquals(6, all.size());
        assertEquals(-0.59855896, all.getFirst().points().getFirst().value());
    }

    @Test
    void aFolderDoesNotSayWhichModelItIs() {
        assertEquals(1, verify(model.toString()));
        assertTrue(err.toString().contains("name the model that it holds by --as, of microsoft/deberta-base, "));
    }

    @Test
    void microsoftsOwnNamesAreUnderstoodAndOthersAreRefused() {
        assertEquals(1, verify(model.toString(), "--as", "nobody/nothing"));
        assertTrue(err.toString().contains("no values of nobody/nothing are published"), err.toString());
        // The tiny model has another size, so that the values of the base model cannot be compared with it.
        assertEquals(1, verify(model.toString(), "--as", "base"));
        assertTrue(err.toString().contains("microsoft/deberta-base"), err.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
                    {} ; there is no list "models" with entries
                    {"models": [7]} ; entry 1: it is not an object
                    {"models": [{"modle": "a"}]} ; entry 1: there is no field 'modle'
                    {"models": [{"head": "hat"}]} ; 'hat' is not a head
                    {"models": [{"head": "encoder", "tolerance": 0}]} ; tolerance is not above 0
                    {"models": [{"head": "encoder", "tolerance": 1}]} ; values is not a list with entries
                    {"models": [{"head": "encoder", "tolerance": 1, "values": [{}]}]} ; no list "at"
                    {"models": [{"head": "encoder", "tolerance": 1, "values": [{"at": ["a", 1]}]}]} ; whole numbers
                    """)
    void aFileThatIsNotOneOfValuesIsRefused(String text, String message) throws IOException {
        assertEquals(1, verify(model.toString(), "--values", file(text)));
        assertTrue(err.toString().contains(message), err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
    }

    @Test
    void placesThatTheOutputDoesNotHaveAreRefused() throws IOException {
        for (String at : List.of("[0]", "[0, 2]", "[0, \"maybe\"]", "[1, 0]")) {
            assertEquals(
                    1,
                    verify(model.toString(), "--values", file(values("\"text\": \"" + TEXT + "\"", "", point(at, 0)))));
        }
        assertEquals(4, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().contains("has the shape [1, 2] and no place [0, 2]"), err.toString());
    }
}
