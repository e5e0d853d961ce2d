package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.gliclass.GliclassModel;
import detangle.models.text.Encoding;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * Runs texts with the vectors of labels in front of them: the id of a label's marker becomes vocab_size and more, which
 * is a row of the vectors ({@link GliclassModel#encoder}).
 */
final class FusedLabels {
    private final TextModel model;
    private final int vocabulary;

    FusedLabels(TextModel model, int vocabulary) {
        this.model = model;
        this.vocabulary = vocabulary;
    }

    /**
     * @param vectors of the labels of an encoding, {@code f32[C,H]}; encodings with one list of labels have one tensor
     * @param progress told how many are done, after each batch
     */
    void run(
            List<LabelPrompt.Places> places,
            IntFunction<Tensor> vectors,
            ProgressListener progress,
            TextModel.Reader reader) {
        List<Encoding> encodings =
                places.stream().map(LabelPrompt.Places::encoding).toList();
        model.inBatches(encodings, progress, members -> {
            Map<String, Tensor> outputs = model.run(inputs(members, places, vectors));
            for (int i = 0; i < members.size(); i++) {
                int index = members.get(i);
                Encoding encoding = encodings.get(index);
                Row row = new Row(outputs, i, encoding.length());
                model.reading(encoding, () -> {
                    reader.read(index, row);
                    return true;
                });
            }
        });
    }

    private Map<String, Tensor> inputs(
            List<Integer> members, List<LabelPrompt.Places> places, IntFunction<Tensor> vectors) {
        Map<String, Tensor> inputs = new HashMap<>(
                model.inputs(members.stream().map(i -> places.get(i).encoding()).toList()));
        Tensor ids = inputs.get(InputNames.IDS);
        long[] changed = new long[Math.toIntExact(ids.elements())];
        for (int i = 0; i < changed.length; i++) {
            changed[i] = ids.getLong(i);
        }
        Map<Tensor, Integer> firstRows = new IdentityHashMap<>();
        int rows = 0;
        for (int i = 0; i < members.size(); i++) {
            Tensor own = vectors.apply(members.get(i));
            if (!firstRows.containsKey(own)) {
                firstRows.put(own, rows);
                rows += Math.toIntExact(own.dim(0));
            }
            OptionalInt[] markers = places.get(members.get(i)).labels();
            for (int label = 0; label < markers.length; label++) {
                if (markers[label].isPresent()) {
                    changed[Math.toIntExact(i * ids.dim(1)) + markers[label].getAsInt()] =
                            (long) vocabulary + firstRows.get(own) + label;
                }
            }
        }
        inputs.put(InputNames.IDS, Tensor.of(changed, ids.shape()));
        inputs.put(GliclassModel.LABELS, stacked(firstRows, rows));
        return inputs;
    }

    private static Tensor stacked(Map<Tensor, Integer> firstRows, int rows) {
        int width = Math.toIntExact(firstRows.keySet().iterator().next().dim(1));
        float[] values = new float[rows * width];
        firstRows.forEach((vectors, first) -> {
            float[] own = vectors.toFloats();
            System.arraycopy(own, 0, values, first * width, own.length);
        });
        return Tensor.of(values, rows, width);
    }
}
