package detangle.hostile;

import detangle.ir.InvalidModelException;
import detangle.ir.Tensor;
import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import detangle.runtime.ModelArtifact;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Artifacts whose checksums are right and whose programs or manifest are not what a compiler has written. The files
 * are these parts; an artifact is made of them when they are read.
 */
final class StoredProgramReader implements Reader {
    static final String PACKED = "packed.dtir";
    static final String PADDED = "padded.dtir";
    static final String MANIFEST = "manifest.json";

    /** The parts of an artifact that a compiler has written. */
    private record Parts(Map<String, Tensor> weights, Map<String, byte[]> sections, String manifest) {
        static final Parts GOOD = compiled();

        private static Parts compiled() {
            try {
                Path folder = Files.createTempDirectory("stored-program");
                try {
                    Path model =
                            TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b"));
                    Path file = folder.resolve("model.dtl");
                    ModelArtifact.write(model, file, ModelArtifact.Options.DEFAULT);
                    Map<String, Tensor> tensors = new TreeMap<>();
                    try (Weights weights = Weights.open(file)) {
                        for (String name : weights.names()) {
                            Tensor tensor = weights.get(name);
                            tensors.put(name, Tensor.ofDoubles(tensor.dtype(), tensor.toDoubles(), tensor.shape()));
                        }
                    }
                    Map<String, byte[]> sections = new TreeMap<>();
                    for (String name : List.of("file/config.json", "program/packed", "program/padded")) {
                        sections.put(name, Artifact.section(file, name).orElseThrow());
                    }
                    return new Parts(tensors, sections, Artifact.manifest(file).toString());
                } finally {
                    Folders.remove(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String text(String section) {
            return new String(sections.get(section), StandardCharsets.UTF_8);
        }
    }

    static String packed() {
        return Parts.GOOD.text("program/packed");
    }

    static String padded() {
        return Parts.GOOD.text("program/padded");
    }

    static String manifest() {
        return Parts.GOOD.manifest();
    }

    static Hostile of(String name, String packed, String padded, String manifest, String expected) {
        return new Hostile(
                name,
                FolderWriter.file(PACKED, packed)
                        .and(FolderWriter.file(PADDED, padded))
                        .and(FolderWriter.file(MANIFEST, manifest)),
                expected);
    }

    @Override
    public String name() {
        return "stored-program";
    }

    @Override
    public int megabytes() {
        return 64;
    }

    @Override
    public List<Hostile> good() {
        return List.of(of("a compiled model", packed(), padded(), manifest(), ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        return new ArrayList<>(StoredProgramFiles.all());
    }

    /** What no artifact can be made of. */
    private static final class NoArtifact extends InvalidModelException {
        private static final long serialVersionUID = 1L;

        NoArtifact(Path folder, Exception cause) {
            super(folder + ": " + cause.getMessage(), cause);
        }
    }

    @Override
    public void read(Path folder) throws IOException {
        // Beside the working folder of the process, in which nothing may be left.
        Path file = Path.of(System.getProperty("java.io.tmpdir")).resolveSibling(folder.getFileName() + ".dtl");
        try {
            write(folder, file);
            run(file);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static void write(Path folder, Path file) {
        try {
            JsonNode manifest = JsonMapper.shared().readTree(Files.readString(folder.resolve(MANIFEST)));
            TreeMap<String, byte[]> sections = new TreeMap<>(Parts.GOOD.sections());
            sections.put("program/packed", Files.readAllBytes(folder.resolve(PACKED)));
            sections.put("program/padded", Files.readAllBytes(folder.resolve(PADDED)));
            Artifact.write(file, new TreeMap<>(Parts.GOOD.weights()), sections, manifest);
        } catch (IOException | JacksonException e) {
            throw new NoArtifact(folder, e);
        }
    }

    /** A batch that is packed, and one that is not, as a sequence begins with padding. */
    private static void run(Path file) {
        Tensor ids = Tensor.of(new long[] {1, 5, 2, 1, 2, 0}, 2, 3);
        try (Session session = Session.load(file, SessionOptions.DEFAULT.withHiddenStates(false))) {
            for (long[] mask : new long[][] {{1, 1, 1, 1, 1, 0}, {0, 1, 1, 1, 1, 0}}) {
                session.run(Map.of("input_ids", ids, "attention_mask", Tensor.of(mask, 2, 3)));
            }
        }
    }
}
