package detangle.runtime;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.sentence.ModuleWeights;
import detangle.models.sentence.SentenceDefaults;
import detangle.models.sentence.SentenceModules;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.LabelModelFiles;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Artifact;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The files of a model's folder that go into its artifact: all that says how texts become answers, but the encoder's
 * weights.
 */
final class ArtifactFiles {
    private static final String CONFIG = "config.json";

    private ArtifactFiles() {}

    /** Contents by name. The encoder's files are at the top, wherever the folder has them. */
    static SequencedMap<String, byte[]> of(Path folder) {
        List<String> ofEncoder = new ArrayList<>(List.of(CONFIG, Gliner2Config.ENCODER_FILE));
        ofEncoder.addAll(Tokenizers.fileNames());
        ofEncoder.addAll(SentenceSettings.FILES);
        SequencedMap<String, byte[]> contents = new LinkedHashMap<>();
        add(contents, ModelFiles.of(folder), ofEncoder);
        ModelFiles root = ModelFiles.root(folder);
        add(contents, root, List.of(SentenceModules.FILE, SentenceDefaults.FILE));
        SentenceModules.read(folder)
                .ifPresent(modules -> modules.behind().stream()
                        .filter(module -> !module.path().isEmpty())
                        .forEach(module -> {
                            add(contents, root, List.of(module.file(SentenceModules.CONFIG)));
                            if (root.has(module.file(ModuleWeights.FILE))) {
                                // What is as large as it says is read; what only claims a size is not.
                                ModuleWeights.open(folder, module).close();
                                add(contents, root, List.of(module.file(ModuleWeights.FILE)));
                            }
                            if (!contents.containsKey(module.file(ModuleWeights.FILE))
                                    && Weights.existIn(folder.resolve(module.path()))) {
                                contents.put(module.file(ModuleWeights.FILE), weights(folder, module));
                            }
                        }));
        return contents;
    }

    /**
     * Returns the sections of files by their names, and of those of the model that an encoder of labels was made from.
     */
    static SequencedMap<String, byte[]> sections(SequencedMap<String, byte[]> files, Optional<ModelFiles> labelModel) {
        SequencedMap<String, byte[]> sections = new LinkedHashMap<>();
        files.forEach((name, content) -> sections.put(Artifact.FILES + name, content));
        labelModel.ifPresent(model -> named(model, LabelModelFiles.names())
                .forEach((name, content) ->
                        sections.put(Artifact.FILES + LabelModelFiles.FOLDER + "/" + name, content)));
        return sections;
    }

    /** Returns the contents of those of some files that are there. */
    static SequencedMap<String, byte[]> named(ModelFiles files, List<String> names) {
        SequencedMap<String, byte[]> contents = new LinkedHashMap<>();
        add(contents, files, names);
        return contents;
    }

    private static void add(SequencedMap<String, byte[]> contents, ModelFiles files, List<String> names) {
        for (String name : names) {
            try {
                files.find(name).map(ModelFile::content).ifPresent(c -> contents.put(name, c));
            } catch (IOException e) {
                throw new ConfigException(files.path(name), "cannot be read: " + e.getMessage(), e);
            }
        }
    }

    /** Returns the pickle or the shards of a module as one safetensors file. */
    private static byte[] weights(Path folder, SentenceModules.Module module) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        try (Weights weights = ModuleWeights.open(folder, module)) {
            weights.names().forEach(name -> tensors.put(name, weights.get(name)));
            Path file = Files.createTempFile("module", ".safetensors");
            try {
                weights.reading(() -> {
                    SafetensorsWriter.write(file, tensors, Map.of());
                    return file;
                });
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new WeightsException(folder.resolve(module.path()), "cannot be copied: " + e.getMessage(), e);
        }
    }
}
