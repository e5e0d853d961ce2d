package detangle.runtime;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.weights.Artifact;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Puts a GLiClass model into an artifact: its files and its tensors, from which programs are built when it is loaded.
 */
final class GliclassArtifact {
    private GliclassArtifact() {}

    static void write(Path folder, Path output, ModelArtifact.Options options) {
        GliclassConfig config = GliclassConfig.read(folder);
        if (config.labels().isPresent()) {
            throw new ConfigException(
                    config.encoder().file(),
                    "architecture_type is of a model whose labels have an encoder and a tokenizer of their own, which is"
                            + " not compiled: use the folder");
        }
        options.adapter().ifPresent(adapter -> {
            throw new ConfigException(adapter, "adapters are not applied to GLiClass's models: leave it out");
        });
        try (Weights weights = Weights.open(options.weights().orElse(folder))) {
            weights.reading(() -> {
                GliclassModel.parameters(config, weights, options.ignoreUnused());
                return write(folder, weights, output, options);
            });
        }
    }

    private static Path write(Path folder, Weights weights, Path output, ModelArtifact.Options options) {
        SequencedMap<String, Tensor> tensors = new TreeMap<>();
        weights.names().stream()
                .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                .forEach(name -> tensors.put(name, weights.get(name)));
        FiniteWeights.check(weights, tensors);
        options.weightType()
                .ifPresent(type -> tensors.replaceAll((name, tensor) -> ModelArtifact.narrowed(tensor, type)));
        SequencedMap<String, byte[]> sections = new LinkedHashMap<>();
        ArtifactFiles.of(folder).forEach((name, content) -> sections.put(Artifact.FILES + name, content));
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("detangle", DetangleVersion.number());
        manifest.put("model_type", "GLiClass");
        manifest.put("weight_type", options.weightType().map(DType::text).orElse("stored"));
        manifest.put("sections", List.copyOf(sections.sequencedKeySet()));
        Artifact.write(output, tensors, sections, manifest);
        return output;
    }
}
