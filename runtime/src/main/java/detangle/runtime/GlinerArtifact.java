package detangle.runtime;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Artifact;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Makes artifacts of GLiNER models: one file with the tensors, the configuration and the tokenizer. Its programs are
 * built when it is loaded, as their sizes are those of the configuration.
 */
public final class GlinerArtifact {
    private static final String CONFIG = "config.json";

    private GlinerArtifact() {}

    /**
     * Makes an artifact of a folder. The file appears whole or not at all; the same folder makes the same bytes.
     *
     * @param weightType what matrices and tables are rounded to; they stay as they are stored if empty
     * @throws ConfigException if the model is of a kind that cannot be run, or has a second tokenizer for labels
     */
    public static void write(Path folder, Path output, Optional<DType> weightType) {
        GlinerConfig.check(folder);
        if (GlinerConfig.labelsModel(folder).isPresent()) {
            throw new ConfigException(
                    folder.resolve(GlinerConfig.FILE),
                    "labels_encoder is set: an artifact has one tokenizer, and this model has two; use its folder");
        }
        SequencedMap<String, byte[]> sections = sections(folder);
        try (Weights weights = GlinerCheckpoint.open(folder)) {
            weights.reading(() -> {
                TreeMap<String, Tensor> tensors = new TreeMap<>();
                weights.names().stream()
                        .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                        .forEach(name -> tensors.put(name, weights.get(name)));
                FiniteWeights.check(weights, tensors);
                weightType.ifPresent(
                        type -> tensors.replaceAll((name, tensor) -> ModelArtifact.narrowed(tensor, type)));
                Artifact.write(output, tensors, sections, manifest(folder, weightType, sections));
                return output;
            });
        }
    }

    private static Map<String, Object> manifest(
            Path folder, Optional<DType> weightType, SequencedMap<String, byte[]> sections) {
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("detangle", DetangleVersion.number());
        manifest.put("model_type", "gliner");
        manifest.put("kind", GlinerConfig.kind(folder));
        manifest.put("weight_type", weightType.map(DType::text).orElse("stored"));
        manifest.put("sections", List.copyOf(sections.sequencedKeySet()));
        return manifest;
    }

    private static SequencedMap<String, byte[]> sections(Path folder) {
        List<String> names = new ArrayList<>(List.of(GlinerConfig.FILE, CONFIG));
        names.addAll(Tokenizers.fileNames());
        ModelFiles files = ModelFiles.of(folder);
        SequencedMap<String, byte[]> sections = new LinkedHashMap<>();
        for (String name : names) {
            try {
                files.find(name)
                        .map(ModelFile::content)
                        .ifPresent(content -> sections.put(Artifact.FILES + name, content));
            } catch (IOException e) {
                throw new ConfigException(files.path(name), "cannot be read: " + e.getMessage(), e);
            }
        }
        return sections;
    }
}
