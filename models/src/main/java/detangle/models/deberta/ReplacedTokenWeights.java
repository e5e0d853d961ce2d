package detangle.models.deberta;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The values with which a training of a generator and a discriminator begins: those of checkpoints, and initial values
 * where checkpoints lack them.
 *
 * @param parameters a tensor for each parameter of both models, by the names of {@link ReplacedTokens}
 * @param notices one line for each group of parameters that begin with initial values, and for each part of a
 *     checkpoint that is not read
 */
public record ReplacedTokenWeights(SequencedMap<String, Tensor> parameters, List<String> notices) {
    /** The tables that a discriminator can share. */
    private static final List<String> SHARED =
            List.of("deberta.embeddings.word_embeddings", "deberta.embeddings.position_embeddings");

    public ReplacedTokenWeights {
        notices = List.copyOf(notices);
    }

    /**
     * Reads checkpoints, or makes initial values by microsoft's rules. With {@link EmbeddingSharing#GDES} the table
     * that is added to the generator's begins with zeros. If the discriminator is a checkpoint, it begins with the
     * difference of the checkpoint's table and the generator's; the original leaves zeros, and so forgets the
     * checkpoint's table.
     *
     * @param generator a folder or a file of weights; empty for initial values
     * @param discriminator a folder or a file of weights with whole tables; empty for initial values
     * @throws detangle.models.weights.WeightsException if a checkpoint is not one of the configuration's model
     */
    public static ReplacedTokenWeights of(
            ReplacedTokenConfig config, Optional<Path> generator, Optional<Path> discriminator, long seed) {
        StartingWeights ofGenerator = part(config.generator(), Architecture.MASKED_LM_EMD, generator, seed);
        // The discriminator has another seed, as values follow from the names of parameters, which both models share.
        StartingWeights ofDiscriminator =
                part(config.discriminator(), Architecture.REPLACED_TOKEN_DETECTION, discriminator, ~seed);
        SequencedMap<String, Tensor> parameters = new LinkedHashMap<>();
        ofGenerator.parameters().forEach((name, value) -> parameters.put(full(ReplacedTokens.GENERATOR, name), value));
        ofDiscriminator
                .parameters()
                .forEach((name, value) -> parameters.put(full(ReplacedTokens.DISCRIMINATOR, name), value));
        for (String table : SHARED) {
            share(config.sharing(), table, discriminator.isPresent(), parameters);
        }
        List<String> notices = new ArrayList<>();
        generator.ifPresent(path -> notices.addAll(ofGenerator.messages(path)));
        discriminator.ifPresent(path -> notices.addAll(ofDiscriminator.messages(path)));
        if (discriminator.isPresent() && config.sharing() == EmbeddingSharing.ES) {
            notices.add("the discriminator reads the generator's tables, and its own ones in " + discriminator.get()
                    + " are not taken");
        }
        return new ReplacedTokenWeights(parameters, notices);
    }

    private static StartingWeights part(DebertaConfig config, Architecture head, Optional<Path> checkpoint, long seed) {
        Program program =
                TrainingModel.build(config, head, TrainingModelOptions.of(head).withDropout(false));
        InitialWeights initial = new InitialWeights(config, Convention.MICROSOFT, seed);
        if (checkpoint.isEmpty()) {
            return StartingWeights.fromScratch(program, initial);
        }
        try (Weights weights = Weights.open(checkpoint.get())) {
            return StartingWeights.of(weights, program, Optional.of(head), initial, true);
        }
    }

    private static String full(String model, String name) {
        return model + "." + name;
    }

    /** Replaces a whole table by the part that the discriminator has for itself. */
    private static void share(
            EmbeddingSharing sharing, String table, boolean isTrained, SequencedMap<String, Tensor> parameters) {
        String own = full(ReplacedTokens.DISCRIMINATOR, table);
        Tensor whole = parameters.get(own + SharedTables.TABLE);
        if (whole == null || sharing == EmbeddingSharing.NONE) {
            return;
        }
        parameters.remove(own + SharedTables.TABLE);
        if (sharing == EmbeddingSharing.GDES) {
            float[] difference = new float[Math.toIntExact(whole.elements())];
            if (isTrained) {
                float[] ofDiscriminator = whole.toFloats();
                float[] ofGenerator = parameters
                        .get(full(ReplacedTokens.GENERATOR, table) + SharedTables.TABLE)
                        .toFloats();
                for (int i = 0; i < difference.length; i++) {
                    difference[i] = ofDiscriminator[i] - ofGenerator[i];
                }
            }
            parameters.put(own + SharedTables.RESIDUAL, Tensor.of(difference, whole.shape()));
        }
    }

    /**
     * Returns the parameters of a discriminator as a model of its own, by the names of checkpoints. Tables that it
     * shares are whole.
     *
     * @param parameters those of both models
     */
    static SequencedMap<String, Tensor> discriminator(ReplacedTokenConfig config, Map<String, Tensor> parameters) {
        SequencedMap<String, Tensor> own = part(ReplacedTokens.DISCRIMINATOR, parameters);
        for (String table : SHARED) {
            boolean isRead =
                    table.endsWith("word_embeddings") || config.discriminator().positionBiasedInput();
            if (!isRead || config.sharing() == EmbeddingSharing.NONE) {
                continue;
            }
            Tensor ofGenerator = parameters.get(full(ReplacedTokens.GENERATOR, table) + SharedTables.TABLE);
            float[] whole = ofGenerator.toFloats().clone();
            Tensor difference = own.remove(table + SharedTables.RESIDUAL);
            for (int i = 0; difference != null && i < whole.length; i++) {
                whole[i] += (float) difference.getDouble(i);
            }
            own.put(table + SharedTables.TABLE, Tensor.of(whole, ofGenerator.shape()));
        }
        return own;
    }

    /** Returns the parameters of a generator as a model of its own, by the names of checkpoints. */
    static SequencedMap<String, Tensor> generator(Map<String, Tensor> parameters) {
        return part(ReplacedTokens.GENERATOR, parameters);
    }

    private static SequencedMap<String, Tensor> part(String model, Map<String, Tensor> parameters) {
        SequencedMap<String, Tensor> part = new TreeMap<>();
        parameters.forEach((name, value) -> {
            if (name.startsWith(model + ".")) {
                part.put(name.substring(model.length() + 1), value);
            }
        });
        return part;
    }
}
