package detangle.runtime;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.NotFiniteConstantException;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.compiler.Compiler;
import detangle.compiler.DeviceEvaluator;
import detangle.compiler.PackedInputs;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.DetangleException;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.Head;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.Artifact;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** A model, compiled and loaded on a device. Any number of threads may run it at once. */
public final class Session implements AutoCloseable {
    private final DebertaConfig config;
    private final Device device;
    private final Weights weights;
    private final Optional<Architecture> head;
    private final Map<String, Tensor> added;
    private final Function<AttentionMask, Program> model;
    private final boolean absolutePositions;
    private final boolean packs;
    private final Optional<DType> weightType;
    private final boolean ignoreUnused;
    private final StoredPrograms compiled;

    /** Unknown until somebody asks. */
    private Optional<String> notFinite;

    private final Map<Form, Loaded> executables = new EnumMap<>(Form.class);
    private boolean closed;

    /** Programs of a model differ by the form of the mask, and by whether padding is left out. */
    private enum Form {
        PACKED,
        PADDED,
        PAIRS
    }

    /**
     * @param packed says how tokens are packed, where they are
     * @param stored whether an artifact has its program, so that a failure may be the artifact's
     */
    private record Loaded(Executable executable, Optional<PackedInputs> packed, boolean stored) {}

    /** Finds the program of a form where somebody has compiled it before. */
    @FunctionalInterface
    private interface StoredPrograms {
        /** There are none. */
        StoredPrograms NONE = form -> Optional.empty();

        Optional<Program> find(Form form);
    }

    private Session(
            DebertaConfig config,
            Device device,
            Weights weights,
            Optional<Architecture> head,
            Map<String, Tensor> added,
            Function<AttentionMask, Program> model,
            boolean absolutePositions,
            boolean packs,
            Optional<DType> weightType,
            boolean ignoreUnused,
            StoredPrograms compiled) {
        this.config = config;
        this.device = device;
        this.weights = weights;
        this.head = head;
        this.added = added;
        this.model = model;
        this.absolutePositions = absolutePositions;
        this.packs = packs;
        this.weightType = weightType;
        this.ignoreUnused = ignoreUnused;
        this.compiled = compiled;
    }

    /**
     * Loads a folder with config.json and weights, or an artifact.
     *
     * @throws DetangleException of the part at fault (ConfigException, WeightsException, CompileException,
     *     BackendException), with one line that names the file and what to do
     */
    public static Session load(Path folder, SessionOptions options) {
        Device device = device(options);
        DebertaConfig config = DebertaConfig.read(folder);
        Weights weights = Weights.open(options.weights().orElse(folder));
        Architecture head = head(options, weights, config);
        ModelOptions model = modelOptions(options, head.convention());
        boolean stored = Artifact.is(folder)
                && options.weights().isEmpty()
                && options.weightType().isEmpty();
        return load(
                weights,
                config,
                () -> device,
                options,
                Optional.of(head),
                Map.of(),
                mask -> DebertaModel.build(config, head, model.with(mask)),
                config.positionBiasedInput() || head == Architecture.MASKED_LM_EMD,
                stored
                        ? form -> form == Form.PAIRS
                                ? Optional.empty()
                                : ModelArtifact.program(folder, config, weights, head, model, form == Form.PACKED)
                        : StoredPrograms.NONE);
    }

    /**
     * Loads the encoder of a folder with a head of one's own; the head of the options is not heeded.
     *
     * @param parameters those of the head that the folder's weights do not hold, by name
     */
    public static Session load(Path folder, SessionOptions options, Head head, Map<String, Tensor> parameters) {
        DebertaConfig config = DebertaConfig.read(folder);
        return load(config, Weights.open(options.weights().orElse(folder)), options, head, parameters);
    }

    /**
     * As {@link #load(Path, SessionOptions, Head, Map)}, for a model whose configuration is not that of a folder.
     *
     * @param weights are closed with the session, or if it cannot be loaded
     */
    public static Session load(
            DebertaConfig config, Weights weights, SessionOptions options, Head head, Map<String, Tensor> parameters) {
        ModelOptions model = modelOptions(options, Convention.HUGGINGFACE);
        return load(
                weights,
                config,
                () -> device(options),
                options,
                Optional.empty(),
                Map.copyOf(parameters),
                mask -> DebertaModel.build(config, head, model.with(mask)),
                config.positionBiasedInput(),
                StoredPrograms.NONE);
    }

    private static Architecture head(SessionOptions options, Weights weights, DebertaConfig config) {
        try {
            return options.head().orElseGet(() -> CheckpointHeads.choose(weights, config));
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static ModelOptions modelOptions(SessionOptions options, Convention otherwise) {
        return ModelOptions.DEFAULT
                .with(options.convention().orElse(otherwise))
                .withHiddenStates(options.hiddenStates())
                .withUniformPadding(options.uniformPadding())
                .withAttentions(options.attentions())
                .withMaskedRows(options.maskedRows());
    }

    /** Before anything else is read, as it warms up meanwhile. */
    private static Device device(SessionOptions options) {
        Device device = Backends.device(options.backend(), options.hostOperations());
        device.warmUp();
        return device;
    }

    private static Session load(
            Weights weights,
            DebertaConfig config,
            Supplier<Device> device,
            SessionOptions options,
            Optional<Architecture> head,
            Map<String, Tensor> added,
            Function<AttentionMask, Program> model,
            boolean absolutePositions,
            StoredPrograms compiled) {
        try {
            Checkpoint.checkSizes(weights, config);
            Session session = new Session(
                    config,
                    device.get(),
                    weights,
                    head,
                    added,
                    model,
                    absolutePositions,
                    options.packing() && !options.uniformPadding(),
                    options.weightType(),
                    options.ignoreUnused(),
                    compiled);
            return weights.reading(() -> {
                session.loaded(session.packs ? Form.PACKED : Form.PADDED);
                return session;
            });
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** Whether the model has a position for each place, so that no input may be longer than max_position_embeddings. */
    public boolean hasAbsolutePositions() {
        return absolutePositions;
    }

    /** Compiled when it is first needed: few callers ever use more than one. */
    private synchronized Loaded loaded(Form form) {
        return executables.computeIfAbsent(form, f -> {
            if (closed) {
                throw new IllegalStateException("the session is closed");
            }
            Optional<Plan> stored = compiled.find(f).map(program -> Compiler.compile(program, List.of()));
            Plan plan = stored.orElseGet(() -> compile(f));
            Loaded loaded = new Loaded(load(plan), PackedInputs.of(plan.program()), stored.isPresent());
            weights.unload(); // The device has packed what it reads often.
            return loaded;
        });
    }

    private Executable load(Plan plan) {
        try {
            return device.load(plan);
        } catch (NotFiniteConstantException e) {
            throw new WeightsException(
                    weights.origin(), FiniteWeights.fault(weights).orElseGet(e::getMessage));
        }
    }

    private Plan compile(Form form) {
        Program program = model.apply(form == Form.PAIRS ? AttentionMask.PAIRS : AttentionMask.TOKENS);
        Map<String, Tensor> parameters =
                new HashMap<>(Checkpoint.parameters(weights, config, program, head, ignoreUnused));
        parameters.putAll(added);
        List<Pass> passes = form == Form.PACKED ? Passes.packedInference(parameters) : Passes.inference(parameters);
        List<Pass> typed =
                weightType.map(dtype -> Passes.withNarrowWeights(passes, dtype)).orElse(passes);
        return Compiler.compile(program, Passes.withEvaluator(typed, new DeviceEvaluator(device.host())));
    }

    public DebertaConfig config() {
        return config;
    }

    /** What stands on the encoder; empty for a head of one's own. */
    public Optional<Architecture> head() {
        return head;
    }

    /** What the model runs on. */
    public Device device() {
        return device;
    }

    /**
     * Why a result is not a finite number: the tensor of the checkpoint that holds one which is none, if there is such a tensor. All of
     * the checkpoint is read for it once.
     */
    public synchronized Optional<String> notFiniteWeight() {
        if (notFinite == null) {
            notFinite =
                    weights.reading(() -> FiniteWeights.fault(weights)).map(fault -> weights.origin() + ": " + fault);
        }
        return notFinite;
    }

    /**
     * Runs the model.
     *
     * @param inputs {@code input_ids} and {@code attention_mask}, {@code token_type_ids} if the model has token types, and
     *     {@code masked_rows} if they were asked for;
     *     {@code i64[B,S]}, or {@code i64[B,C,S]} for multiple choice. The mask may have one more axis of length S,
     *     which says what each position sees; see {@link AttentionMask}
     * @return those of the head, {@code hidden_states.0..N} and {@code attentions.0..N-1} if they were asked for
     * @throws InputException if the inputs do not fit, a sequence is longer than the model takes or has no tokens, or the run needs more
     *     memory than there is
     * @throws IllegalStateException if the session is closed, even while it runs
     * @throws WeightsException if the file of the weights has been written to or cut off since the model was loaded: tables of words
     *     are read from it row by row. A file that another one has replaced by rename is still there for this session
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, Executable::run);
    }

    /** Runs the model as {@link #run(Map)} does, and adds to a profile how long each operation took. */
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return run(inputs, (executable, all) -> executable.run(all, profile));
    }

    private Map<String, Tensor> run(
            Map<String, Tensor> inputs, BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        Optional<Tensor> ids = Optional.ofNullable(inputs.get(InputNames.IDS));
        Optional<Tensor> mask = Optional.ofNullable(inputs.get(InputNames.MASK));
        if (absolutePositions
                && ids.isPresent()
                && ids.get().rank() > 0
                && ids.get().dim(-1) > config.maxPositionEmbeddings()) {
            throw new InputException("a sequence of " + ids.get().dim(-1) + " tokens is longer than the "
                    + config.maxPositionEmbeddings() + " that the model takes");
        }
        if (ids.isPresent() && ids.get().rank() > 0 && ids.get().dim(-1) == 0) {
            throw new InputException("the sequences of input_ids have no tokens: give at least one to each");
        }
        checkMaskedRows(inputs);
        return weights.reading(() -> run(inputs, ids, mask, how));
    }

    private Map<String, Tensor> run(
            Map<String, Tensor> inputs,
            Optional<Tensor> ids,
            Optional<Tensor> mask,
            BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        boolean pairs = ids.isPresent()
                && mask.isPresent()
                && mask.get().rank() == ids.get().rank() + 1;
        if (pairs) {
            return run(loaded(Form.PAIRS), inputs, how);
        }
        if (packs) {
            Loaded packed = loaded(Form.PACKED);
            if (packed.packed().isEmpty()) {
                return run(packed, inputs, how);
            }
            Optional<Map<String, Tensor>> all =
                    PackedBatch.inputs(packed.packed().get(), inputs);
            if (all.isPresent()) {
                return run(packed, all.get(), how);
            }
        }
        return run(loaded(Form.PADDED), inputs, how);
    }

    private Map<String, Tensor> run(
            Loaded loaded,
            Map<String, Tensor> inputs,
            BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        try {
            return how.apply(loaded.executable(), inputs);
        } catch (InputException e) {
            throw loaded.stored() ? new InputException(weights.origin() + ": " + e.getMessage()) : e;
        }
    }

    private static void checkMaskedRows(Map<String, Tensor> inputs) {
        Tensor rows = inputs.get(InputNames.MASKED_ROWS);
        Tensor mask = inputs.get(InputNames.MASK);
        if (rows == null || mask == null || rows.rank() != 1 || mask.rank() != 2) {
            return; // What is missing or has another form is refused where inputs are bound.
        }
        for (int i = 0; i < rows.elements(); i++) {
            long row = rows.getLong(i);
            if (row < 0 || row >= mask.elements() || mask.getLong(row) == 0) {
                throw new InputException("masked_rows names " + row + ", but the batch has no token there: use b*"
                        + mask.dim(1) + "+s of the token at place s of sequence b");
            }
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        executables.values().forEach(l -> l.executable().close());
        weights.close();
    }
}
