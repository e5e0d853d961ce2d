package detangle.bench;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.train.Batch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A file of batches, which processes in Java and in Python read alike: safetensors with a tensor for each input of each
 * batch, such as {@code 12/input_ids}, where 12 is the place of the batch in its epoch.
 */
final class BatchFile {
    private BatchFile() {}

    static void write(Path file, List<Batch> batches) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < batches.size(); i++) {
            int place = i;
            batches.get(i).inputs().forEach((name, tensor) -> tensors.put(place + "/" + name, tensor));
        }
        SafetensorsWriter.write(file, tensors, Map.of());
    }

    /** Reads the inputs of all batches, in order. They are whole numbers. */
    static List<Map<String, Tensor>> read(Path file) {
        List<Map<String, Tensor>> batches = new ArrayList<>();
        try (Weights stored = Weights.open(file)) {
            for (String name : stored.names()) {
                int slash = name.indexOf('/');
                int place = Integer.parseInt(name.substring(0, slash));
                while (batches.size() <= place) {
                    batches.add(new HashMap<>());
                }
                // The file's memory goes when it is closed.
                Tensor tensor = stored.get(name);
                batches.get(place).put(name.substring(slash + 1), Tensor.of(tensor.toLongs(), tensor.shape()));
            }
        }
        return batches;
    }
}
