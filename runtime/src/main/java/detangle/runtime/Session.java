package detangle.runtime;

import detangle.backend.BackendException;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.backend.NotFiniteConstantException;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.compiler.Compiler;
import detangle.compiler.DeviceEvaluator;
import detangle.compiler.Pass;
import detangle.compiler.Passes;
import detangle.ir.DetangleException;
import detangle.ir.IrException;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.PaddedStates;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;

/** A model, compiled and loaded on a device. Any number of threads may run it at once. */
public final class Session implements AutoCloseable {
    private final SessionModel model;
    private final Device device;
    private final Weights weights;
    private final SessionOptions options;

    /** Unknown until somebody asks. */
    private Optional<String> notFinite;

    private final Map<Form, Loaded> executables = new ConcurrentHashMap<>();
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
    private record Loaded(Executable executable, Optional<PackedBatch> packed, boolean stored) {}

    private Session(SessionModel model, Device device, Weights weights, SessionOptions options) {
        this.model = model;
        this.device = device;
        this.weights = weights;
        this.options = options;
    }

    /** Compiles and loads a model whose parts have been checked. */
    static Session loaded(SessionModel model, Device device, Weights weights, SessionOptions options) {
        Session session = new Session(model, device, weights, options);
        session.loaded(session.packs() ? Form.PACKED : Form.PADDED);
        return session;
    }

    /**
     * Returns a session from parts: a head of one's own, or a configuration and weights that are not those of a folder.
     */
    public static SessionBuilder builder() {
        return new SessionBuilder();
    }

    /**
     * Loads a model as {@link #load(Path, SessionOptions)} does, on the best backend and with the head that config.json
     * names.
     */
    public static Session load(Path folder) {
        return load(folder, SessionOptions.DEFAULT);
    }

    /**
     * Loads a folder with config.json and weights, or an artifact.
     *
     * @throws DetangleException of the part at fault (ConfigException, WeightsException, CompileException,
     *     BackendException), with one line that names the file and what to do
     */
    public static Session load(Path folder, SessionOptions options) {
        return builder().folder(folder).options(options).load();
    }

    private boolean packs() {
        return options.packing() && options.padding() == PaddedStates.NOTHING;
    }

    /**
     * Returns whether the model has a position for each place, so that no input may be longer than
     * max_position_embeddings.
     */
    public boolean hasAbsolutePositions() {
        return model.absolutePositions();
    }

    /** Compiled when it is first needed: few callers ever use more than one. */
    private Loaded loaded(Form form) {
        // Runs of a form that is there do not wait for another one that is being compiled.
        Loaded known = executables.get(form);
        return known != null ? known : loadedOnce(form);
    }

    private synchronized Loaded loadedOnce(Form form) {
        Loaded other = executables.get(form);
        if (other != null) {
            return other;
        }
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        Optional<Program> known =
                form == Form.PAIRS ? Optional.empty() : model.stored().find(form == Form.PACKED);
        Optional<Plan> stored = known.map(program -> Compiler.compile(program, List.of()));
        Plan plan = stored.orElseGet(() -> compile(form));
        Loaded loaded = new Loaded(load(plan), PackedBatch.of(plan.program()), stored.isPresent());
        weights.unload(); // The device has packed what it reads often.
        executables.put(form, loaded);
        return loaded;
    }

    private Executable load(Plan plan) {
        try {
            return device.load(plan);
        } catch (NotFiniteConstantException e) {
            throw notFinite(e);
        } catch (IrException e) {
            throw new WeightsException(weights.origin(), e.getMessage());
        } catch (OutOfMemoryError e) {
            throw new BackendException(
                    weights.origin() + ": there is not enough memory to load the model (" + e.getMessage()
                            + "): give the JVM more than "
                            + (Runtime.getRuntime().maxMemory() >> 20) + " MiB, as with -Xmx8g, or load fewer models",
                    e);
        }
    }

    private WeightsException notFinite(NotFiniteConstantException e) {
        return new WeightsException(
                weights.origin(),
                FiniteWeights.fault(weights)
                        .or(() -> overflow(Optional.of(e.constant())))
                        .orElseGet(e::getMessage));
    }

    /**
     * Returns the weight that is finite in its file, and not in the type that was asked for.
     *
     * @param first the name of the one that is looked at before others
     */
    private Optional<String> overflow(Optional<String> first) {
        return options.weightType()
                .flatMap(type -> first.filter(weights::contains)
                        .flatMap(name -> FiniteWeights.overflow(name, weights.get(name), type))
                        .or(() -> FiniteWeights.overflow(weights, type)));
    }

    private Plan compile(Form form) {
        Program program = model.program().apply(form == Form.PAIRS ? AttentionMask.PAIRS : AttentionMask.TOKENS);
        Map<String, Tensor> parameters = new HashMap<>(
                Checkpoint.parameters(weights, model.config(), program, model.head(), options.ignoreUnused()));
        parameters.putAll(model.added());
        List<Pass> passes = form == Form.PACKED ? Passes.packedInference(parameters) : Passes.inference(parameters);
        List<Pass> typed = options.weightType()
                .map(dtype -> Passes.withNarrowWeights(passes, dtype))
                .orElse(passes);
        DeviceEvaluator evaluator = new DeviceEvaluator(device.host());
        // Positions are projected by weights as they are stored, whatever type those of linear layers are given.
        boolean leavesPositions =
                device.projectsPositions() && options.weightType().isEmpty();
        return Compiler.compile(
                program,
                leavesPositions ? Passes.leavingPositions(typed, evaluator) : Passes.withEvaluator(typed, evaluator));
    }

    public DebertaConfig config() {
        return model.config();
    }

    /** Returns the head; empty for a head of one's own. */
    public Optional<Architecture> head() {
        return model.head();
    }

    /** Returns what the model runs on. */
    public Device device() {
        return device;
    }

    /**
     * Returns why a result is not a finite number: the tensor of the checkpoint that holds such a number, or one that
     * the weights' type is too narrow for, if there is one. All of the checkpoint is read for it once.
     */
    public synchronized Optional<String> notFiniteWeight() {
        if (notFinite == null) {
            notFinite = weights.reading(() -> FiniteWeights.fault(weights).or(() -> overflow(Optional.empty())))
                    .map(fault -> weights.origin() + ": " + fault);
        }
        return notFinite;
    }

    /**
     * Runs the model.
     *
     * @param inputs {@code input_ids} and {@code attention_mask}, {@code token_type_ids} if the model has token types,
     *     and {@code masked_rows} if they were asked for; {@code i64[B,S]}, or {@code i64[B,C,S]} for multiple choice.
     *     The mask may have one more axis of length S, which says what each position sees; see {@link AttentionMask}
     * @return those of the head, {@code hidden_states.0..N} and {@code attentions.0..N-1} if they were asked for
     * @throws InputException if the inputs do not fit, a sequence is longer than the model takes or has no tokens, or
     *     the run needs more memory than there is
     * @throws IllegalStateException if the session is closed, even while it runs
     * @throws WeightsException if the file of the weights has been written to or cut off since the model was loaded:
     *     tables of words are read from it row by row. A file that another one has replaced by rename is still there
     *     for this session. Without a warm-up, also if a weight is not a finite number
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, Executable::run);
    }

    /** Runs the model as {@link #run(Map)} does, and adds to a profile how long each operation took. */
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        return run(inputs, (executable, all) -> executable.run(all, profile));
    }

    /**
     * Runs the model as {@link #run(Map)} does, and leaves its outputs in the memory of the device that computes them,
     * where nobody reads them. A program that measures the device uses it.
     */
    public void runOnDevice(Map<String, Tensor> inputs) {
        run(inputs, (executable, all) -> {
            executable.runOnDevice(all);
            return Map.of();
        });
    }

    private Map<String, Tensor> run(
            Map<String, Tensor> inputs, BiFunction<Executable, Map<String, Tensor>, Map<String, Tensor>> how) {
        Optional<Tensor> ids = Optional.ofNullable(inputs.get(InputNames.IDS));
        Optional<Tensor> mask = Optional.ofNullable(inputs.get(InputNames.MASK));
        if (model.absolutePositions()
                && ids.isPresent()
                && ids.get().rank() > 0
                && ids.get().dim(-1) > model.config().maxPositionEmbeddings()) {
            throw new InputException("a sequence of " + ids.get().dim(-1) + " tokens is longer than the "
                    + model.config().maxPositionEmbeddings() + " that the model takes");
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
        if (packs()) {
            Loaded packed = loaded(Form.PACKED);
            if (packed.packed().isEmpty()) {
                return run(packed, inputs, how);
            }
            Optional<Map<String, Tensor>> all = packed.packed().get().inputs(inputs);
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
        } catch (NotFiniteConstantException e) {
            throw notFinite(e); // A device that has one answer to give reads its weights for the first time now.
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
