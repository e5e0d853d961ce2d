package detangle.models.adapter;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigException;
import detangle.models.text.encoder.SafePattern;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * The tensors of an adapter, held against its configuration: factors of low rank, and tensors of modules that are
 * replaced.
 */
final class AdapterTensors {
    static final String WEIGHT = ".weight";
    static final String LAYERS = "deberta.encoder.layer.";

    /** The prefix that PEFT gives the names of the model's modules. */
    static final String PREFIX = "base_model.model.";

    static final String A = ".lora_A.weight";
    static final String B = ".lora_B.weight";
    static final String MAGNITUDE = ".lora_magnitude_vector";

    private static final int MAX_NAME_LENGTH = 512;

    /** Modules that PEFT saves unasked, by the head of the adapter's task. */
    private static final List<String> HEADS = List.of("classifier", "score", "qa_outputs");

    private final Weights weights;
    private final AdapterConfig config;
    private final TargetModules.Selection targets;
    private final ModulePatterns ranks;
    private final ModulePatterns alphas;
    private final SequencedMap<String, Change> changes = new LinkedHashMap<>();
    private final SequencedMap<String, String> whole = new LinkedHashMap<>();

    /**
     * The names of the tensors that change a matrix.
     *
     * @param magnitude of DoRA
     */
    record Change(String a, String b, Optional<String> magnitude, float scale) {
        /** Returns the shape of the matrix. */
        long[] shape(Weights adapter) {
            return new long[] {adapter.shape(b)[0], adapter.shape(a)[1]};
        }

        LowRank read(Weights adapter) {
            return new LowRank(adapter.get(a), adapter.get(b), scale, magnitude.map(adapter::get));
        }
    }

    private AdapterTensors(Weights weights, AdapterConfig config) {
        this.weights = weights;
        this.config = config;
        SafePattern.Steps steps = new SafePattern.Steps(TargetModules.STEPS);
        this.targets = expression("target_modules", () -> config.targets().selection());
        this.ranks = expression("rank_pattern", () -> new ModulePatterns(config.rankPattern(), steps));
        this.alphas = expression("alpha_pattern", () -> new ModulePatterns(config.alphaPattern(), steps));
    }

    /** @throws WeightsException if a tensor is lacking, left over or of the wrong shape */
    static AdapterTensors of(Weights weights, AdapterConfig config) {
        AdapterTensors tensors = new AdapterTensors(weights, config);
        weights.names().forEach(tensors::add);
        if (tensors.changes.isEmpty()) {
            throw tensors.fault("holds no " + A.substring(1) + " of any module");
        }
        return tensors;
    }

    /** Returns the changes, by the names of parameters. */
    SequencedMap<String, Change> changes() {
        return changes;
    }

    /** Returns the names of tensors that are whole parameters, by the names of these. */
    SequencedMap<String, String> whole() {
        return whole;
    }

    /** Returns whether the configuration says that a module is changed. */
    boolean selects(String module) {
        String bare = module.startsWith("deberta.") ? module.substring("deberta.".length()) : module;
        return expression("target_modules", () -> targets.has(module) || targets.has(bare));
    }

    private void add(String name) {
        if (!name.startsWith(PREFIX) || name.length() > MAX_NAME_LENGTH) {
            throw fault("holds '" + name + "'; names of an adapter begin with " + PREFIX + " and have at most "
                    + MAX_NAME_LENGTH + " characters");
        }
        if (!weights.isReadable(name) || !weights.isFloat(name)) {
            throw fault("holds '" + name + "' of dtype " + weights.type(name)
                    + ", which is not one of numbers of an adapter");
        }
        String rest = name.substring(PREFIX.length());
        if (rest.endsWith(A)) {
            addChange(rest.substring(0, rest.length() - A.length()));
        } else if (rest.endsWith(B) || rest.endsWith(MAGNITUDE) || rest.endsWith(MAGNITUDE + WEIGHT)) {
            String module = rest.substring(0, rest.lastIndexOf(".lora_"));
            if (!weights.contains(PREFIX + module + A)) {
                throw fault("holds '" + name + "' without " + A.substring(1));
            }
        } else {
            addWhole(name, rest);
        }
    }

    private void addChange(String module) {
        if (!selects(module)) {
            throw fault("changes " + module + ", which target_modules in " + config.file() + " does not select");
        }
        String a = PREFIX + module + A;
        String b = PREFIX + module + B;
        if (!weights.contains(b)) {
            throw fault("holds '" + a + "' without " + B.substring(1));
        }
        int rank = expression("rank_pattern", () -> ranks.of(module))
                .map(Double::intValue)
                .orElse(config.rank());
        double alpha = expression("alpha_pattern", () -> alphas.of(module)).orElse(config.alpha());
        long[] ofA = weights.shape(a);
        long[] ofB = weights.shape(b);
        if (ofA.length != 2 || ofB.length != 2 || ofA[0] != rank || ofB[1] != rank) {
            throw fault("has for " + module + " an A of shape " + Arrays.toString(ofA) + " and a B of shape "
                    + Arrays.toString(ofB) + ", and " + config.file() + " says rank " + rank);
        }
        Optional<String> magnitude = config.dora() ? Optional.of(magnitude(module, ofB[0])) : Optional.empty();
        changes.put(parameter(module) + WEIGHT, new Change(a, b, magnitude, (float) config.scale(rank, alpha)));
    }

    private String magnitude(String module, long rows) {
        String name = PREFIX + module + MAGNITUDE;
        // Earlier versions of PEFT wrote the second.
        String found = weights.contains(name) ? name : name + WEIGHT;
        if (!weights.contains(found)) {
            throw fault("lacks '" + name + "', and use_dora is true in " + config.file());
        }
        if (!Arrays.equals(weights.shape(found), new long[] {rows})) {
            throw fault("has '" + found + "' of shape " + Arrays.toString(weights.shape(found)) + ", and not [" + rows
                    + "]");
        }
        return found;
    }

    private void addWhole(String name, String parameter) {
        int dot = parameter.lastIndexOf('.');
        String module = dot < 0 ? parameter : parameter.substring(0, dot);
        boolean ofHead =
                config.head().isPresent() && config.head().get() != Architecture.ENCODER && HEADS.contains(module);
        if (!ofHead && !config.isSaved(module) && !module.endsWith("embeddings.word_embeddings")) {
            throw fault("holds '" + name
                    + "', which is neither a change of low rank nor of a module that modules_to_save in "
                    + config.file() + " names");
        }
        whole.put(parameter(parameter), name);
    }

    /** Returns the name of a parameter; that of an encoder without a head lacks what others begin with. */
    private static String parameter(String name) {
        return name.startsWith("encoder.") || name.startsWith("embeddings.") ? "deberta." + name : name;
    }

    private <T> T expression(String field, Supplier<T> work) {
        try {
            return work.get();
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    config.file(), field + " has a regular expression that is not supported: " + e.getMessage(), e);
        }
    }

    private WeightsException fault(String fault) {
        return new WeightsException(weights.origin(), fault);
    }
}
