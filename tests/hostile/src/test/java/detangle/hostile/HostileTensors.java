package detangle.hostile;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tensors that make a model another one, or none: not finite, of another layer, of another model, of another kind. */
final class HostileTensors {
    private static final String LAYER = "deberta.encoder.layer.1.";

    private static final float[] VALUES = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};

    private HostileTensors() {}

    static List<Hostile> all() {
        List<Hostile> all = new ArrayList<>();
        SmallModel good = SmallModel.classifier();
        good.tensors().forEach((name, tensor) -> {
            float value = VALUES[all.size() % VALUES.length];
            all.add(new Hostile(
                    name + " ends in " + value,
                    good.withTensor(name, last(tensor, value)).files(),
                    name));
        });
        all.add(new Hostile(
                "a bias in f16 is infinite",
                good.withTensor("classifier.bias", bits(DType.F16, (short) 0x7c00, 2))
                        .files(),
                "classifier.bias"));
        all.add(new Hostile(
                "a bias in bf16 is not a number",
                good.withTensor("classifier.bias", bits(DType.BF16, (short) 0x7fc0, 2))
                        .files(),
                "classifier.bias"));
        all.add(new Hostile(
                "a bias in f64 is beyond single precision",
                good.withTensor("classifier.bias", doubles(1e300, 0)).files(),
                "classifier.bias"));
        all.add(new Hostile(
                "zeros are negative and numbers tiny",
                good.withTensor("classifier.bias", Tensor.of(new float[] {-0f, Float.MIN_VALUE}, 2))
                        .files(),
                ""));
        Map<String, Tensor> left = Map.of(
                "deberta.encoder.layer.2.output.dense.bias", SmallModel.all(0, 8),
                "deberta.encoder.layer.0.attention.self.query_proj.lora_A.weight", SmallModel.all(0, 2, 8),
                "deberta.encoder.layer.0.attention.self.query_proj.SCB", SmallModel.all(0, 8),
                "deberta.encoder.layer.0.attention.self.query_proj.weight_scale", SmallModel.all(0, 1),
                "deberta.Encoder.layer.0.output.dense.bias", SmallModel.all(0, 8),
                "deberta.encoder.layer.0.output.adapter.weight", SmallModel.all(0, 8, 8),
                "deberta.embeddings.position_embeddings.bias", SmallModel.all(0, 8),
                "classifier.out_proj.weight", SmallModel.all(0, 2, 8),
                "pooler.dense2.weight", SmallModel.all(0, 8, 8));
        left.forEach((name, tensor) -> all.add(new Hostile(
                name + " is left over", good.withTensor(name, tensor).files(), name)));
        all.add(new Hostile(
                "names end in a million letters",
                good.withTensor(
                                "a".repeat(1_000_000) + ".b.embeddings.word_embeddings.weight",
                                SmallModel.all(0, 13, 8))
                        .files(),
                ""));
        all.add(new Hostile(
                "two encoders of strange names",
                good.renamed(name -> name.replace("deberta.", "a."))
                        .withTensor("b.embeddings.word_embeddings.weight", SmallModel.all(0, 13, 8))
                        .files(),
                "2 encoders"));
        all.add(new Hostile("no tensors", good.renamed(name -> null).files(), SmallModel.WEIGHTS));
        for (String name : List.of(
                "deberta.embeddings.word_embeddings.weight", LAYER + "output.dense.weight", "pooler.dense.bias")) {
            all.add(new Hostile(name + " is missing", good.withoutTensor(name).files(), name));
            all.add(new Hostile(
                    name + " is a scalar",
                    good.withTensor(name, SmallModel.all(0)).files(),
                    name));
            all.add(new Hostile(
                    name + " has no elements",
                    good.withTensor(name, SmallModel.all(0, 0, 8)).files(),
                    name));
            all.add(new Hostile(
                    name + " has seven axes",
                    good.withTensor(name, SmallModel.all(0, 1, 1, 1, 1, 1, 1, 8))
                            .files(),
                    name));
            all.add(new Hostile(
                    name + " is of whole numbers",
                    good.withTensor(name, Tensor.of(new long[] {1, 2}, 2)).files(),
                    name));
        }
        all.add(new Hostile(
                "the classifier is a vector",
                good.withTensor("classifier.weight", SmallModel.all(0, 16)).files(),
                "classifier.weight"));
        all.add(new Hostile(
                "a thousand layers of one tensor each",
                layers(good.with("num_hidden_layers", "256")).files(),
                "lacks"));
        return all;
    }

    private static SmallModel layers(SmallModel good) {
        SmallModel many = good;
        for (int layer = 2; layer < 256; layer += 11) {
            many = many.withTensor("deberta.encoder.layer." + layer + ".output.dense.bias", SmallModel.all(0, 8));
        }
        return many.withTensor("deberta.encoder.layer.255.output.dense.bias", SmallModel.all(0, 8));
    }

    private static Tensor last(Tensor tensor, float value) {
        float[] values = tensor.toFloats();
        values[values.length - 1] = value;
        return Tensor.of(values, tensor.shape());
    }

    private static Tensor bits(DType type, short bits, int count) {
        short[] values = new short[count];
        values[count - 1] = bits;
        return new Tensor(type, new long[] {count}, MemorySegment.ofArray(values));
    }

    private static Tensor doubles(double... values) {
        return new Tensor(DType.F64, new long[] {values.length}, MemorySegment.ofArray(values));
    }
}
