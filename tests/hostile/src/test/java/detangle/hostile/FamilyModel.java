package detangle.hostile;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A model of the GLiNER family as files of a folder, of which each field and each tensor can be made another.
 *
 * @param fields of its configuration, as JSON
 * @param encoder has the fields of the configuration of the encoder inside
 * @param tensors of model.safetensors
 * @param writer makes files of a model
 */
record FamilyModel(
        SequencedMap<String, String> fields,
        SmallModel encoder,
        SequencedMap<String, Tensor> tensors,
        Function<FamilyModel, FolderWriter> writer) {
    /** The width of the encoder. */
    static final int WIDTH = 8;

    private static final int SHOWN = 100;

    /** Faults of a tensor. */
    private static final int KINDS = 3;

    private static final float[] NOT_FINITE = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};

    /**
     * A model of fields and the tensors of its encoder, to which those of its own layers can be added.
     *
     * @param prefix what the names of the encoder's tensors begin with
     * @param words the rows of the table of words
     */
    static FamilyModel of(
            SmallModel encoder,
            String prefix,
            int words,
            SequencedMap<String, String> fields,
            Function<FamilyModel, FolderWriter> writer) {
        FamilyModel model = new FamilyModel(fields, encoder, new LinkedHashMap<>(), writer);
        model.addEncoder(prefix);
        model.tensors().put(prefix + "embeddings.word_embeddings.weight", SmallModel.all(0.1f, words, WIDTH));
        return model;
    }

    /** Adds the tensors of an encoder like that of the text under names that begin with a prefix. */
    void addEncoder(String prefix) {
        SmallModel.of(Architecture.ENCODER)
                .tensors()
                .forEach((name, tensor) -> tensors.put(name.replaceFirst("^deberta\\.", prefix), tensor));
    }

    FamilyModel with(String field, String json) {
        SequencedMap<String, String> copy = new LinkedHashMap<>(fields);
        copy.put(field, json);
        return new FamilyModel(copy, encoder, tensors, writer);
    }

    FamilyModel withEncoder(String field, String json) {
        return new FamilyModel(fields, encoder.with(field, json), tensors, writer);
    }

    FamilyModel withTensor(String name, Tensor tensor) {
        SequencedMap<String, Tensor> copy = new LinkedHashMap<>(tensors);
        copy.put(name, tensor);
        return new FamilyModel(fields, encoder, copy, writer);
    }

    FamilyModel withoutTensor(String name) {
        SequencedMap<String, Tensor> copy = new LinkedHashMap<>(tensors);
        copy.remove(name);
        return new FamilyModel(fields, encoder, copy, writer);
    }

    FolderWriter files() {
        return writer.apply(this);
    }

    /** The fields as a JSON object, with the encoder's as {@code encoder_config} unless they say otherwise. */
    String json() {
        SequencedMap<String, String> all = new LinkedHashMap<>(fields);
        all.putIfAbsent("encoder_config", encoder.json());
        return new SmallModel(all, new LinkedHashMap<>()).json();
    }

    /** The fields as a JSON object, without the encoder's. */
    String jsonOfFields() {
        return new SmallModel(fields, new LinkedHashMap<>()).json();
    }

    /** What is read of the model's folder. */
    <T> T read(Function<Path, T> reader) {
        try {
            Path folder = Files.createTempDirectory("family");
            files().write(folder);
            T read = reader.apply(folder);
            Folders.remove(folder);
            return read;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The model with one field after the other of another value.
     *
     * @param kind what names of files say of the model: {@code " of a bi-encoder"}, or nothing
     * @param values triples of a field, its value, and what the refusal names
     */
    List<Hostile> withFields(String kind, String[][] values) {
        List<Hostile> all = new ArrayList<>();
        for (String[] field : values) {
            all.add(new Hostile(
                    field[0] + kind + " is " + shown(field[1]),
                    with(field[0], field[1]).files(),
                    field[2]));
        }
        return all;
    }

    /** The same with the fields of the encoder. */
    List<Hostile> withEncoders(String[][] values) {
        List<Hostile> all = new ArrayList<>();
        for (String[] field : values) {
            all.add(new Hostile(
                    field[0] + " of the encoder is " + shown(field[1]),
                    withEncoder(field[0], field[1]).files(),
                    field[2]));
        }
        return all;
    }

    private static String shown(String json) {
        return json.length() > SHOWN ? json.substring(0, SHOWN) + "..." : json;
    }

    /** The model with one tensor after the other not finite, missing, and of another shape. */
    List<Hostile> withTensors(Predicate<String> which) {
        List<Hostile> all = new ArrayList<>();
        tensors.forEach((name, tensor) -> {
            if (which.test(name)) {
                float[] other = tensor.toFloats();
                other[0] = NOT_FINITE[all.size() / KINDS % NOT_FINITE.length];
                all.add(new Hostile(
                        name + " begins with " + other[0],
                        withTensor(name, Tensor.of(other, tensor.shape())).files(),
                        name));
                all.add(new Hostile(name + " is missing", withoutTensor(name).files(), name));
                all.add(new Hostile(
                        name + " is of another shape",
                        withTensor(name, SmallModel.all(0, 7)).files(),
                        name));
            }
        });
        return all;
    }

    /** The model with one tensor after the other that nothing takes. */
    List<Hostile> withLeftOver(List<String> names) {
        return names.stream()
                .map(name -> new Hostile(
                        name + " is left over",
                        withTensor(name, SmallModel.all(0, 2)).files(),
                        name))
                .toList();
    }
}
