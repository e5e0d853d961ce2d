package detangle.testing.models;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/** Folders with a small model of random weights, and the tokenizer of the model that ships with the project. */
public final class TinyModel {
    public static final Path SHIPPED =
            Path.of(System.getProperty("detangle.home"), "models", "pretrained", "banking77-small");

    private static final String WEIGHTS = "model.safetensors";

    private TinyModel() {}

    /** @param className in {@code architectures}, such as {@code ForTokenClassification} */
    public static Path write(Path folder, String className, List<String> labels) throws IOException {
        return write(folder, className, labels, Optional.empty());
    }

    /** @param head if not that of the class */
    public static Path write(Path folder, String className, List<String> labels, Optional<Architecture> head)
            throws IOException {
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < labels.size(); i++) {
            names.append(i == 0 ? "" : ",").append("\"" + i + "\":\"" + labels.get(i) + "\"");
        }
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), """
                {"model_type":"deberta-v2","architectures":["DebertaV2%s"],"vocab_size":4001,"hidden_size":32,
                "num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":48,"hidden_act":"gelu",
                "max_position_embeddings":48,"type_vocab_size":0,"layer_norm_eps":1e-7,"relative_attention":true,
                "max_relative_positions":-1,"position_buckets":8,"norm_rel_ebd":"layer_norm","share_att_key":true,
                "pos_att_type":"p2c|c2p","position_biased_input":false,"pad_token_id":0,"pooler_hidden_size":32,
                "pooler_hidden_act":"gelu","initializer_range":0.5,"id2label":{%s}}
                """.formatted(className, names));
        Files.copy(SHIPPED.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        DebertaConfig config = DebertaConfig.read(folder);
        Program program =
                DebertaModel.build(config, head.or(config::architecture).orElseThrow(), ModelOptions.DEFAULT);
        SafetensorsWriter.write(folder.resolve(WEIGHTS), new TreeMap<>(RandomWeights.of(program)), Map.of());
        return folder;
    }

    /** Copies the model that ships, with another name for one of its labels. */
    public static Path relabelled(Path folder, String label, String name) throws IOException {
        Files.createDirectories(folder);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(SHIPPED)) {
            for (Path file : files) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace('"' + label + '"', '"' + name + '"'));
        return folder;
    }

    /** Changes one element of a tensor of a model. */
    public static void set(Path model, String name, int element, float value) {
        SequencedMap<String, Tensor> tensors = tensors(model);
        Tensor tensor = tensors.get(name);
        float[] values = tensor.toFloats();
        values[element] = value;
        tensors.put(name, Tensor.of(values, tensor.shape()));
        SafetensorsWriter.write(model.resolve(WEIGHTS), tensors, Map.of());
    }

    /** Adds the tensors of another model that a model has not. */
    public static void add(Path model, Path other) {
        SequencedMap<String, Tensor> tensors = tensors(model);
        tensors(other).forEach(tensors::putIfAbsent);
        SafetensorsWriter.write(model.resolve(WEIGHTS), tensors, Map.of());
    }

    private static SequencedMap<String, Tensor> tensors(Path model) {
        SequencedMap<String, Tensor> tensors = new TreeMap<>();
        try (Weights weights = Weights.open(model)) {
            for (String name : weights.names()) {
                Tensor tensor = weights.get(name);
                tensors.put(name, Tensor.of(tensor.toFloats(), tensor.shape()));
            }
        }
        return tensors;
    }
}
