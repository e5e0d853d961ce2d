package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.weights.Artifact;
import detangle.models.weights.ArtifactException;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import detangle.pipelines.Classification;
import detangle.pipelines.TextClassifier;
import detangle.runtime.ModelArtifact;
import detangle.runtime.ModelArtifact.Options;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model in one file answers as its folder does, or is refused. */
class ArtifactTest {
    private static final String TEXT = "Where is my card?";
    private static final Set<Architecture> MASKED_LM = Set.of(Architecture.MASKED_LM, Architecture.MASKED_LM_EMD);

    @TempDir
    private Path folder;

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    private Path compiled(Path model, Options options) {
        Path file = folder.resolve("model.dtl");
        ModelArtifact.write(model, file, options);
        return file;
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void everyGoldenAnswersAsItsFolder(Fixture fixture) {
        Architecture head = fixture.head();
        Path file = compiled(fixture.folder(), Options.DEFAULT.withHead(head));
        SessionOptions asked = SessionOptions.DEFAULT.withHead(head);
        // The stored program; one that is built from the artifact's configuration; one of the artifact's own head.
        sameOutputs(fixture, file, asked.withHiddenStates(false).withMaskedRows(MASKED_LM.contains(head)));
        sameOutputs(fixture, file, asked);
        try (Session session = Session.load(file, SessionOptions.DEFAULT)) {
            assertEquals(Optional.of(head), session.head());
        }
    }

    private static void sameOutputs(Fixture fixture, Path file, SessionOptions options) {
        try (Session ofFolder = Session.load(fixture.folder(), options);
                Session ofFile = Session.load(file, options)) {
            for (Fixture.Case c : fixture.cases()) {
                Map<String, Tensor> inputs = new HashMap<>(c.inputs());
                if (options.maskedRows()) {
                    inputs.put("masked_rows", firstTokens(c.tokens()));
                }
                Map<String, Tensor> expected = ofFolder.run(inputs);
                Map<String, Tensor> found = ofFile.run(inputs);
                assertEquals(expected.keySet(), found.keySet());
                expected.forEach((name, tensor) -> assertArrayEquals(
                        tensor.toDoubles(), found.get(name).toDoubles(), fixture.name() + " " + name));
            }
        }
    }

    /** The first token of each row that has one. */
    private static Tensor firstTokens(boolean[][] tokens) {
        long[] rows = IntStream.range(0, tokens.length)
                .filter(row -> IntStream.range(0, tokens[row].length).anyMatch(i -> tokens[row][i]))
                .mapToLong(row -> (long) row * tokens[row].length
                        + IntStream.range(0, tokens[row].length)
                                .filter(i -> tokens[row][i])
                                .findFirst()
                                .orElseThrow())
                .toArray();
        return Tensor.of(rows, rows.length);
    }

    private static double[] logits(Path model, SessionOptions options, int length) {
        long[] ids = IntStream.range(0, length).mapToLong(i -> 7 + 61L * i).toArray();
        long[] mask = new long[length];
        Arrays.fill(mask, 1);
        try (Session session = Session.load(model, options)) {
            return session.run(Map.of(
                            "input_ids", Tensor.of(ids, 1, length), "attention_mask", Tensor.of(mask, 1, length)))
                    .get("logits")
                    .toDoubles();
        }
    }

    /** The conventions differ at distances of 48 or more, which the small model has. */
    @Test
    void theConventionThatItWasCompiledForIsKept() throws IOException {
        int length = 60;
        Path model = TinyModel.write(folder.resolve("m"), "ForSequenceClassification", List.of("a", "b"));
        Path file = compiled(model, Options.DEFAULT.withConvention(Convention.MICROSOFT));
        Path again = folder.resolve("again.dtl");
        ModelArtifact.write(file, again, Options.DEFAULT);
        SessionOptions asked = SessionOptions.DEFAULT.withHiddenStates(false);
        double[] huggingface = logits(model, asked, length);
        double[] microsoft = logits(model, asked.withConvention(Convention.MICROSOFT), length);
        assertFalse(Arrays.equals(huggingface, microsoft));
        for (Path artifact : List.of(file, again)) {
            // The stored program, and one that is built from the artifact's configuration.
            assertArrayEquals(microsoft, logits(artifact, asked, length));
            assertArrayEquals(microsoft, logits(artifact, asked.withHiddenStates(true), length));
            assertArrayEquals(huggingface, logits(artifact, asked.withConvention(Convention.HUGGINGFACE), length));
        }
    }

    /** What is read here is not a program, and would not be read if it were built otherwise. */
    @Test
    void theStoredProgramOfAConventionIsReadIfNobodyAsksForOne() throws IOException {
        Path model = TinyModel.write(folder.resolve("m"), "ForSequenceClassification", List.of("a", "b"));
        Path file = compiled(model, Options.DEFAULT.withConvention(Convention.MICROSOFT));
        Path other = withoutPackedProgram(file);
        SessionOptions asked = SessionOptions.DEFAULT.withHiddenStates(false);
        ArtifactException e = assertThrows(ArtifactException.class, () -> Session.load(other, asked));
        assertTrue(e.getMessage().contains("program/packed"), e.getMessage());
        Session.load(other, asked.withConvention(Convention.HUGGINGFACE)).close();
    }

    private Path withoutPackedProgram(Path file) {
        Path other = folder.resolve("other.dtl");
        try (Weights weights = Weights.open(file)) {
            TreeMap<String, Tensor> tensors = new TreeMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.get(name)));
            TreeMap<String, byte[]> sections = new TreeMap<>();
            for (String name : List.of("file/config.json", "program/packed", "program/padded")) {
                sections.put(name, Artifact.section(file, name).orElseThrow());
            }
            sections.put("program/packed", "nothing".getBytes(StandardCharsets.UTF_8));
            Artifact.write(other, tensors, sections, Artifact.manifest(file));
        }
        return other;
    }

    /** A number that is finite in the file, and not in the type of 16 bits that is asked for. */
    @Test
    void weightsThatATypeCannotHoldAreRefused() throws IOException {
        String matrix = "deberta.encoder.layer.0.intermediate.dense.weight";
        String place = "tensor '" + matrix + "' holds 100000.0 at [0, 5], which is beyond f16's 65504.0: use bf16 or"
                + " leave --weight-type out";
        Path model = TinyModel.write(folder.resolve("m"), "ForSequenceClassification", List.of("a", "b"));
        TinyModel.set(model, matrix, 5, 1e5f);
        Path weights = model.resolve("model.safetensors");
        SessionOptions asked = SessionOptions.DEFAULT.withHiddenStates(false);
        WeightsException e =
                assertThrows(WeightsException.class, () -> compiled(model, Options.DEFAULT.withWeightType(DType.F16)));
        assertEquals(weights + ": " + place, e.getMessage());
        assertFalse(Files.exists(folder.resolve("model.dtl")));
        e = assertThrows(WeightsException.class, () -> logits(model, asked.withWeightType(DType.F16), 4));
        assertEquals(weights + ": " + place, e.getMessage());
        // A backend that does not look through weights gives answers that are not finite.
        try (Session session =
                Session.load(model, asked.withBackend("reference").withWeightType(DType.F16))) {
            assertEquals(Optional.of(weights + ": " + place), session.notFiniteWeight());
        }
        Path file = compiled(model, Options.DEFAULT.withWeightType(DType.BF16));
        assertArrayEquals(logits(model, asked, 4), logits(file, asked, 4), 0.1);
    }

    @Test
    void weightsOfModelsWithoutProgramsAreRefusedTheSame() throws IOException {
        Path model = TinyGliclass.write(folder.resolve("m"));
        String matrix;
        try (Weights weights = Weights.open(model)) {
            matrix = weights.names().stream()
                    .filter(name -> name.endsWith("intermediate.dense.weight"))
                    .findFirst()
                    .orElseThrow();
        }
        TinyModel.set(model, matrix, 0, -1e5f);
        WeightsException e =
                assertThrows(WeightsException.class, () -> compiled(model, Options.DEFAULT.withWeightType(DType.F16)));
        assertTrue(e.getMessage().contains("'" + matrix + "' holds -100000.0 at [0, 0], which is"), e.getMessage());
        assertFalse(Files.exists(folder.resolve("model.dtl")));
        compiled(model, Options.DEFAULT.withWeightType(DType.BF16));
    }

    @Test
    void textsAreClassifiedAsBefore() throws IOException {
        Path file = compiled(TinyModel.SHIPPED, Options.DEFAULT);
        List<Classification> expected;
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            expected = classifier.classify(TEXT);
        }
        try (TextClassifier classifier = TextClassifier.load(file)) {
            assertEquals(expected, classifier.classify(TEXT));
        }
        byte[] first = Files.readAllBytes(file);
        Files.delete(file);
        assertArrayEquals(first, Files.readAllBytes(compiled(TinyModel.SHIPPED, Options.DEFAULT)), "not reproducible");
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count(), "something else was left");
        }
    }

    /** What was folded has names of its own, about which there is nothing to say. */
    @Test
    void nothingIsSaidAboutAGoodArtifact() {
        Path file = compiled(TinyModel.SHIPPED, Options.DEFAULT);
        Result result = DetangleProcess.java(Launch.MODULE_PATH, "classify", "--model", file.toString(), TEXT);
        assertEquals(0, result.status(), result.err());
        assertEquals(List.of(), result.messages());
    }

    @Test
    void weightsMayBeRounded() {
        Path file = compiled(TinyModel.SHIPPED, Options.DEFAULT.withWeightType(DType.BF16));
        try (Weights weights = Weights.open(file);
                TextClassifier classifier = TextClassifier.load(file)) {
            assertEquals(DType.BF16, weights.get("classifier.weight").dtype());
            assertEquals("card_arrival", classifier.classify(TEXT).getFirst().label());
        }
    }

    @Test
    void sectionsOfLaterVersionsAreIgnored() throws IOException {
        Path model = TinyModel.write(folder.resolve("m"), "ForSequenceClassification", List.of("a", "b"));
        Path file = compiled(model, Options.DEFAULT);
        Path other = folder.resolve("other.dtl");
        try (Weights weights = Weights.open(file)) {
            TreeMap<String, Tensor> tensors = new TreeMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.get(name)));
            TreeMap<String, byte[]> sections = new TreeMap<>();
            for (String name : List.of("file/config.json", "file/tokenizer.json", "program/packed", "program/padded")) {
                sections.put(name, Artifact.section(file, name).orElseThrow());
            }
            sections.put("packed/some-later-machine/weights", new byte[] {1, 2, 3});
            Artifact.write(other, tensors, sections, Artifact.manifest(file));
        }
        try (TextClassifier expected = TextClassifier.load(file);
                TextClassifier found = TextClassifier.load(other)) {
            assertEquals(expected.classify(TEXT), found.classify(TEXT));
        }
    }

    /** Rows of masks mean nothing to a classifier. What is read here is not a program, and would be built otherwise. */
    @Test
    void theStoredProgramIsReadWhateverIsAskedOfOtherHeads() throws IOException {
        Path model = TinyModel.write(folder.resolve("m"), "ForSequenceClassification", List.of("a", "b"));
        Path file = compiled(model, Options.DEFAULT);
        Path other = withoutPackedProgram(file);
        SessionOptions stored = SessionOptions.DEFAULT.withHiddenStates(false);
        for (SessionOptions asked : List.of(stored, stored.withMaskedRows(true))) {
            ArtifactException e = assertThrows(ArtifactException.class, () -> Session.load(other, asked));
            assertTrue(e.getMessage().contains("program/packed"), e.getMessage());
        }
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Path plain = folder.resolve("plain.dtl");
        Files.copy(TinyModel.SHIPPED.resolve("model.safetensors"), plain);
        ArtifactException e = assertThrows(ArtifactException.class, () -> TextClassifier.load(plain));
        assertTrue(e.getMessage().contains("is not an artifact"), e.getMessage());
        Path later = folder.resolve("later.dtl");
        SafetensorsWriter.write(
                later,
                new TreeMap<>(Map.of("a", Tensor.of(new float[] {1}, 1))),
                Map.of("format", "detangle", "version", "2"));
        e = assertThrows(ArtifactException.class, () -> TextClassifier.load(later));
        assertTrue(e.getMessage().contains("compile the model again"), e.getMessage());
        e = assertThrows(ArtifactException.class, () -> TextClassifier.load(folder.resolve("missing.dtl")));
        assertTrue(e.getMessage().contains("no such file"), e.getMessage());
    }

    @Test
    void everyDamageIsRefused() throws IOException {
        Path model = TinyModel.write(folder.resolve("m"), "ForSequenceClassification", List.of("a", "b"));
        byte[] whole = Files.readAllBytes(compiled(model, Options.DEFAULT));
        Random random = new Random(8);
        for (int i = 0; i < 1000; i++) {
            byte[] damaged = damaged(whole, random);
            // A name of its own, as headers are remembered by name, size and time.
            Path file = Files.write(folder.resolve("damaged-" + i + ".dtl"), damaged);
            RuntimeException e = assertThrows(
                    RuntimeException.class, () -> TextClassifier.load(file).close(), "damage " + i + " was not seen");
            assertTrue(e instanceof ArtifactException || e instanceof WeightsException, "damage " + i + ": " + e);
            assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
            Files.delete(file);
        }
    }

    /** Checksums are looked at beside the work that reads weights, whose result or failure comes of damaged numbers. */
    @Test
    void damageIsSeenBeforeWorkThatReadsWeightsHasEnded() throws IOException {
        Path file = compiled(TinyModel.SHIPPED, Options.DEFAULT);
        byte[] bytes = Files.readAllBytes(file);
        bytes[8 + (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0) + 5] ^= 1;
        Path damaged = Files.write(folder.resolve("damaged.dtl"), bytes);
        try (Weights weights = Weights.openAhead(damaged)) {
            assertTrue(weights.contains("classifier.weight"));
            List<Supplier<Integer>> works = List.of(() -> 1, () -> {
                throw new IllegalStateException("a number is not finite");
            });
            for (Supplier<Integer> work : works) {
                ArtifactException e = assertThrows(ArtifactException.class, () -> weights.reading(work));
                assertTrue(
                        e.getMessage().contains("damaged.dtl: '")
                                && e.getMessage().contains("' is damaged"),
                        e.getMessage());
            }
        }
        Weights.openAhead(damaged).close();
        try (Weights weights = Weights.openAhead(file)) {
            assertEquals(1, weights.reading(() -> 1));
            IllegalStateException e = assertThrows(
                    IllegalStateException.class,
                    () -> weights.reading(() -> {
                        throw new IllegalStateException("of the work alone");
                    }));
            assertEquals("of the work alone", e.getMessage());
        }
    }

    /** A bit, a byte or a run of bytes is another, or the end is missing, or there is more than there should be. */
    private static byte[] damaged(byte[] whole, Random random) {
        // Half of the damages meet the header, which is a small part of the file.
        int header = 8 + (whole[0] & 0xff) + ((whole[1] & 0xff) << 8);
        int at = random.nextInt(random.nextBoolean() ? Math.min(header, whole.length) : whole.length);
        byte[] bytes = whole.clone();
        switch (random.nextInt(5)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] += (byte) (1 + random.nextInt(255));
            case 2 -> {
                int end = Math.min(whole.length, at + 1 + random.nextInt(5000));
                for (int i = at; i < end; i++) {
                    bytes[i] = (byte) ~bytes[i];
                }
            }
            case 3 -> bytes = Arrays.copyOf(whole, at);
            default -> bytes = Arrays.copyOf(whole, whole.length + 1 + random.nextInt(100));
        }
        return bytes;
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the shell's limit of file sizes")
    void aDiskThatFillsUpLeavesNothing() throws IOException {
        Path output = folder.resolve("full.dtl");
        // A limit on the size of files, in KiB, fails as a full disk does: in the middle of a write. The launcher
        // copies jars before.
        Result result = DetangleProcess.shell(
                "./detangle --version >/dev/null; ulimit -f 2000; trap '' XFSZ; ./detangle compile " + TinyModel.SHIPPED
                        + " -o " + output);
        assertEquals(1, result.status(), result.err());
        assertTrue(result.err().contains("full.dtl: cannot be written"), result.err());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
        assertFalse(Files.exists(output));
    }
}
