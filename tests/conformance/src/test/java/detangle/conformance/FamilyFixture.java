package detangle.conformance;

import detangle.models.weights.Weights;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small model of the GLiNER family with random weights, and what its original code answers. The files are those of
 * {@code ../shared/goldens-family}, whose README describes them.
 *
 * @param name the name of the fixture, such as {@code gliner-token-lstm}
 * @param source the folder of its files, which has no tokenizer and is not written to
 */
record FamilyFixture(String name, Path source) {
    private static final String ROOT = "goldens-family";

    /** Files that say what is asked and answered; a model's folder does not have them. */
    private static final List<String> OF_TESTS =
            List.of("inputs.json", "expected.json", "expected.safetensors", "notes.json");

    /**
     * A call of the original.
     *
     * @param input the entry of inputs.json: texts, labels or schema, options
     * @param expected the entry of expected.json
     */
    record Case(String name, JsonNode input, JsonNode expected) {
        /** The texts of the call. */
        List<String> texts() {
            return input.get("texts").valueStream().map(JsonNode::stringValue).toList();
        }
    }

    /** Returns a fixture. The calling test is skipped where the shared files are absent. */
    static FamilyFixture named(String name) {
        return new FamilyFixture(name, SharedFiles.require(ROOT + "/" + name));
    }

    /**
     * Returns the fixtures whose names begin with a prefix, by name. The calling test is skipped where they are absent.
     */
    static List<FamilyFixture> all(String prefix) {
        try (Stream<Path> folders = Files.list(SharedFiles.require(ROOT))) {
            return folders.filter(folder -> Files.exists(folder.resolve("inputs.json")))
                    .map(folder -> new FamilyFixture(folder.getFileName().toString(), folder))
                    .filter(fixture -> fixture.name().startsWith(prefix))
                    .sorted((a, b) -> a.name().compareTo(b.name()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes the model with its tokenizer as a published folder has them. A bi-encoder's tokenizer of labels is in the
     * folder that its configuration names.
     *
     * @return the folder
     */
    Path write(Path folder) throws IOException {
        copy(source, folder);
        for (String file : OF_TESTS) {
            Files.deleteIfExists(folder.resolve(file));
        }
        JsonNode notes = json("notes.json");
        copy(tokenizer(notes.get("tokenizer").stringValue()), folder);
        String labels = notes.path("labels_tokenizer")
                .asString(notes.path("label_tokenizer").asString(""));
        if (!labels.isEmpty()) {
            copy(tokenizer(labels), folder.resolve(labelsFolder()));
        }
        return folder;
    }

    private String labelsFolder() {
        if (!Files.exists(source.resolve("gliner_config.json"))) {
            return json("config.json").get("label_model_name").stringValue();
        }
        return json("gliner_config.json").get("labels_encoder").stringValue();
    }

    private Path tokenizer(String name) {
        return SharedFiles.require(ROOT + "/tokenizers/" + name);
    }

    /** The calls that the original was asked, in the order of inputs.json. */
    List<Case> cases() {
        JsonNode expected = json("expected.json");
        List<Case> cases = new ArrayList<>();
        for (JsonNode input : json("inputs.json").get("cases")) {
            String name = input.get("name").stringValue();
            cases.add(new Case(name, input, expected.get(name)));
        }
        return cases;
    }

    /**
     * Inputs at the edges, with what the original answers to each text alone: empty and doubled labels, empty texts,
     * scripts of all kinds, thresholds of 0 and 1. They were asked of the same models, and are kept beside the tests.
     */
    List<Case> oddCases() {
        List<Case> cases = new ArrayList<>();
        for (JsonNode odd : JsonMapper.shared()
                .readTree(FamilyFixture.class.getResourceAsStream("/odd-inputs/" + name + ".json"))) {
            cases.add(new Case(odd.get("name").stringValue(), odd, odd.get("expected")));
        }
        return cases;
    }

    /** Returns a case by its name. */
    Case caseNamed(String name) {
        return cases().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
    }

    /** The tensors of the original's run in single precision, named {@code CASE.NAME}; the caller closes them. */
    Weights tensors() {
        return Weights.open(source.resolve("expected.safetensors"));
    }

    private JsonNode json(String file) {
        try {
            return JsonMapper.shared().readTree(Files.readString(source.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Copies the files of a folder and of the folders in it, so that the copies may be written to. */
    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                Path target = to.resolve(entry.getFileName().toString());
                if (Files.isDirectory(entry)) {
                    copy(entry, target);
                } else {
                    Files.write(target, Files.readAllBytes(entry));
                }
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
