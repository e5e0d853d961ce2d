package detangle.train.lora;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import detangle.models.adapter.AdapterConfig;
import detangle.models.adapter.TargetModules;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.train.TrainingException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A model and its loss with an adapter in it. The parameters of the encoder stay as they are, those of the adapter are
 * new, and all parameters of the head are trained. The pooler belongs to the head here; PEFT leaves it out, and its
 * adapter then lacks it.
 */
public final class LoraModel {
    private static final String ENCODER = "deberta.";
    private static final String WEIGHT = ".weight";

    private final Program program;
    private final LoraOptions options;
    private final TargetModules targets;
    private final SequencedMap<String, TensorType> modules;

    private LoraModel(
            Program program, LoraOptions options, TargetModules targets, SequencedMap<String, TensorType> modules) {
        this.program = program;
        this.options = options;
        this.targets = targets;
        this.modules = modules;
    }

    /**
     * Puts an adapter into a model.
     *
     * @param model a program of primitives, whose parameters have the names of HuggingFace's checkpoints
     * @param config the configuration of the model, whose kind determines the default modules
     * @throws TrainingException if the options name a module that the model does not have, or that is not a linear
     *     layer of the encoder
     */
    public static LoraModel of(Program model, DebertaConfig config, LoraOptions options) {
        TargetModules targets = options.targets().orElseGet(() -> TargetModules.of(config));
        Predicate<String> selected = selected(targets);
        Optional<Node> given = model.inputs().stream()
                .filter(input -> ((TensorOp.Input) input.op()).name().equals(InputNames.DROPOUT_SEED))
                .findFirst();
        Node seed = given.orElseGet(
                () -> new Builder().input(InputNames.DROPOUT_SEED, new TensorType(DType.I64, Shape.SCALAR)));
        LowRankRule rule = new LowRankRule(options, selected, seed);
        Program changed = Rewriter.rewrite(model, List.of(rule));
        SequencedMap<String, TensorType> modules = rule.changed();
        check(model, targets, selected, modules);
        if (given.isEmpty() && options.dropout() > 0) {
            List<Node> inputs = new ArrayList<>(changed.inputs());
            inputs.add(seed);
            changed = new Program(changed.name(), inputs, changed.outputs(), changed.updates(), changed.constants());
        }
        return new LoraModel(changed, options, targets, modules);
    }

    private static Predicate<String> selected(TargetModules targets) {
        TargetModules.Selection selection = targets.selection();
        Predicate<String> encoders = module -> module.startsWith(ENCODER) && !module.endsWith(".word_embeddings");
        return encoders.and(module -> {
            try {
                return selection.has(module) || selection.has(module.substring(ENCODER.length()));
            } catch (IllegalArgumentException e) {
                throw new TrainingException("the modules to change are not understood: " + e.getMessage(), e);
            }
        });
    }

    private static void check(
            Program model,
            TargetModules targets,
            Predicate<String> selected,
            SequencedMap<String, TensorType> modules) {
        if (!(targets instanceof TargetModules.AllLinear)) {
            for (String parameter : parameters(model).keySet()) {
                String module = module(parameter);
                if (parameter.endsWith(WEIGHT) && selected.test(module) && !modules.containsKey(module)) {
                    throw new TrainingException(
                            module + " is not a linear layer: an adapter changes linear layers alone, leave it out");
                }
            }
        }
        if (targets instanceof TargetModules.Names(List<String> names, var layers)) {
            for (String name : names) {
                Predicate<String> one = selected(new TargetModules.Names(List.of(name), layers));
                if (modules.keySet().stream().noneMatch(one)) {
                    throw new TrainingException(unknown(name, model));
                }
            }
        }
        if (modules.isEmpty()) {
            throw new TrainingException(unknown(targets.toString(), model));
        }
    }

    private static String unknown(String name, Program model) {
        SequencedSet<String> last = new LinkedHashSet<>();
        parameters(model).forEach((parameter, type) -> {
            if (parameter.startsWith(ENCODER) && parameter.endsWith(WEIGHT) && type.rank() == 2) {
                String module = module(parameter);
                last.add(module.substring(module.lastIndexOf('.') + 1));
            }
        });
        last.removeIf(module -> module.endsWith("embeddings"));
        return "no linear layer of the encoder is called " + name + "; there are " + String.join(", ", last);
    }

    private static String module(String parameter) {
        return parameter.substring(0, Math.max(0, parameter.lastIndexOf('.')));
    }

    private static SequencedMap<String, TensorType> parameters(Program program) {
        SequencedMap<String, TensorType> parameters = new LinkedHashMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.put(name, type);
            }
        }
        return parameters;
    }

    /** Returns the model with the adapter, in primitives. */
    public Program program() {
        return program;
    }

    /** Returns the modules that are changed, with the types of their weights. */
    public SequencedMap<String, TensorType> modules() {
        return new LinkedHashMap<>(modules);
    }

    /** Returns the parameters of the model that stay as they are: those of the encoder. */
    public List<String> frozen() {
        return parameters(program).keySet().stream()
                .filter(name -> !isTrained(name))
                .toList();
    }

    /** Returns the parameters that are trained, with their types: those of the adapter and of the head. */
    public SequencedMap<String, TensorType> trained() {
        SequencedMap<String, TensorType> trained = parameters(program);
        trained.keySet().removeIf(name -> !isTrained(name));
        return trained;
    }

    private boolean isTrained(String parameter) {
        int lora = parameter.lastIndexOf(".lora_");
        return !parameter.startsWith(ENCODER) || lora >= 0 && modules.containsKey(parameter.substring(0, lora));
    }

    /**
     * Returns the model with constants in the place of the parameters that stay as they are. A device packs constants
     * once, in their own type, and keeps no other copy of them.
     *
     * @param weights the weights of the model by name, of which each that stays as it is is asked for once
     */
    public Program withConstants(Function<String, Tensor> weights) {
        Map<String, Tensor> constants = new LinkedHashMap<>();
        frozen().forEach(name -> constants.put(name, kept(weights.apply(name))));
        return Compiler.run(program, Passes.binding(constants, trained().keySet()), (pass, p) -> {});
    }

    private Tensor kept(Tensor weight) {
        if (weight.rank() < 2
                || options.frozenType().isEmpty()
                || weight.dtype().bytes() == Short.BYTES) {
            return weight; // Vectors are small, and they are added and multiplied in single precision.
        }
        DType type = options.frozenType().get();
        short[] bits = new short[Math.toIntExact(weight.elements())];
        weight.copyTo(0, type, bits, 0, bits.length);
        return new Tensor(type, weight.shape(), MemorySegment.ofArray(bits));
    }

    /** Returns the description of the adapter for PEFT's files. */
    public AdapterConfig config(Path folder, Optional<Architecture> head, Optional<String> baseModel) {
        SequencedSet<String> saved = new LinkedHashSet<>();
        trained().keySet().stream()
                .filter(name -> !name.startsWith(ENCODER))
                .forEach(name -> saved.add(name.substring(0, name.indexOf('.'))));
        return new AdapterConfig(
                folder.resolve(AdapterConfig.NAME),
                options.rank(),
                options.alpha(),
                options.dropout(),
                options.rankStabilized(),
                options.dora(),
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                targets,
                List.copyOf(saved),
                head,
                baseModel);
    }

    /**
     * Returns the first values of the adapter's own parameters. They are the same for the same seed.
     *
     * @param weights the weights of the model, from which DoRA's norms follow
     */
    public Map<String, Tensor> start(Map<String, Tensor> weights, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Tensor> start = new LinkedHashMap<>();
        modules.forEach((module, type) -> {
            int out = Math.toIntExact(type.shape().sizes()[0]);
            int in = Math.toIntExact(type.shape().sizes()[1]);
            start.put(LoraNames.a(module), Tensor.of(factor(options.rank() * in, in, random), options.rank(), in));
            start.put(LoraNames.b(module), Tensor.of(new float[out * options.rank()], out, options.rank()));
            if (options.dora()) {
                start.put(LoraNames.magnitude(module), norms(weights.get(module + WEIGHT)));
            }
        });
        return start;
    }

    private float[] factor(int count, int in, SplittableRandom random) {
        float[] values = new float[count];
        double bound = 1 / Math.sqrt(in);
        for (int i = 0; i < count; i++) {
            values[i] = (float)
                    switch (options.start()) {
                        case UNIFORM -> bound * (2 * random.nextDouble() - 1);
                        case GAUSSIAN -> random.nextGaussian() / options.rank();
                    };
        }
        return values;
    }

    private static Tensor norms(Tensor weight) {
        float[] norms = new float[Math.toIntExact(weight.dim(0))];
        float[] row = new float[Math.toIntExact(weight.dim(1))];
        for (int i = 0; i < norms.length; i++) {
            weight.copyTo((long) i * row.length, row, 0, row.length);
            double squares = 0;
            for (float value : row) {
                squares += (double) value * value;
            }
            norms[i] = (float) Math.sqrt(squares);
        }
        return Tensor.of(norms, norms.length);
    }
}
