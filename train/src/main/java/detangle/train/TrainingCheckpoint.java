package detangle.train;

import detangle.backend.ComputePrecision;
import detangle.backend.Variables;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.files.WholeFolder;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.optimizer.ReduceOnPlateau;
import detangle.train.optimizer.Schedule;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A folder from which training goes on bit for bit: the files of the model, {@code trainer_state.json}, and {@code
 * optimizer.safetensors} with the states of the optimizer. The order of the rows, the seeds of dropout and the rates of
 * most schedules follow from the number of the update and are not stored. The state of {@link ReduceOnPlateau}, which
 * follows from evaluations, is.
 */
final class TrainingCheckpoint {
    private static final String STATE = "trainer_state.json";
    private static final String VALUES = "optimizer.safetensors";

    /** The progress of the second phase and of those behind it; that of the first stands beside it. */
    private static final String FURTHER = "further_phases";

    private static final String SKIPPED = "skipped_updates";

    private static final String SCALER = "loss_scaler";

    /** The field with what the loss follows from. Checkpoints of earlier versions lack it. */
    private static final String OBJECTIVE = "objective";

    /** The field with the precision of products. Checkpoints of earlier versions lack it. */
    private static final String PRECISION = "precision";

    private static final JsonMapper JSON = JsonMapper.shared();

    private TrainingCheckpoint() {}

    /**
     * The values that must be the same when training goes on: those that determine the order of the rows, the
     * optimizer, whose states mean nothing to another one, the precision, and the loss.
     *
     * @param order the rule by which rows are ordered, if there are several
     * @param optim the name of the optimizer of each phase
     * @param checksum the checksum of the content of the rows
     * @param updatesPerEpoch the number of updates in an epoch, which follows from the rows, their batches and
     *     accumulation
     * @param precision in which products are computed
     * @param objective what the loss follows from beside the rows, by the names of options
     */
    record Identity(
            Recipe recipe,
            long seed,
            OptionalLong dataSeed,
            Optional<String> order,
            String optim,
            int batch,
            int accumulation,
            long rows,
            long checksum,
            int updatesPerEpoch,
            ComputePrecision precision,
            SortedMap<String, String> objective) {}

    /** Returns the file of a checkpoint that has its fields. */
    static Path file(Path folder) {
        return folder.resolve(STATE);
    }

    /** Returns whether a folder is a checkpoint. */
    static boolean is(Path folder) {
        return Files.isRegularFile(file(folder));
    }

    /**
     * Writes a folder, which appears whole or not at all.
     *
     * @param parameters the parameters of the model, by name
     * @param trained the names of the parameters that training changes
     * @param kept what callbacks keep, by name
     * @throws detangle.ir.DeviceException if it cannot be written
     */
    static void write(
            Path folder,
            ModelWriter writer,
            Map<String, Tensor> parameters,
            Map<String, TensorType> trained,
            Variables variables,
            Identity identity,
            TrainerState state,
            Map<String, JsonNode> kept) {
        WholeFolder.write(folder, part -> {
            writer.write(part, parameters);
            SafetensorsWriter.writeEach(
                    part.resolve(VALUES), values(part, parameters, trained, variables), variables::read);
            ObjectNode json = json(identity, state);
            json.setAll(kept);
            Files.writeString(
                    part.resolve(STATE), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
        });
    }

    /**
     * Returns the states of the optimizer, and parameters that the model's files have in another form or not at all.
     */
    private static SequencedMap<String, TensorType> values(
            Path folder, Map<String, Tensor> parameters, Map<String, TensorType> trained, Variables variables) {
        SequencedMap<String, TensorType> values = new TreeMap<>(variables.types());
        values.keySet().removeAll(parameters.keySet());
        trained.keySet().forEach(name -> values.remove(TrainingPrograms.gradient(name)));
        values.putAll(trained);
        if (Weights.existIn(folder)) {
            try (Weights weights = Weights.open(folder)) {
                trained.forEach((name, type) -> {
                    if (weights.contains(name) && weights.get(name).type().equals(type)) {
                        values.remove(name);
                    }
                });
            }
        }
        return values;
    }

    private static ObjectNode json(Identity identity, TrainerState state) {
        ObjectNode json = JSON.createObjectNode();
        json.put("global_step", state.step());
        json.put("epoch", (double) state.step() / identity.updatesPerEpoch());
        state.bestMetric().ifPresent(metric -> json.put("best_metric", Double.toString(metric)));
        state.bestStep().ifPresent(step -> json.put("best_global_step", step));
        json.put("loss_sum", Double.toString(state.lossSum()));
        json.put("bad_evaluations", state.badEvaluations());
        write(state.phases().getFirst(), json);
        if (state.phases().size() > 1) {
            ArrayNode further = json.putArray(FURTHER);
            state.phases().stream().skip(1).forEach(phase -> write(phase, further.addObject()));
        }
        json.put("recipe", identity.recipe().name());
        json.put("seed", identity.seed());
        identity.dataSeed().ifPresent(seed -> json.put("data_seed", seed));
        identity.order().ifPresent(order -> json.put("order", order));
        json.put("optim", identity.optim());
        json.put("train_batch_size", identity.batch());
        json.put("gradient_accumulation_steps", identity.accumulation());
        json.put("rows", identity.rows());
        json.put("rows_checksum", identity.checksum());
        json.put("updates_per_epoch", identity.updatesPerEpoch());
        json.put(PRECISION, identity.precision().toString());
        ObjectNode objective = json.putObject(OBJECTIVE);
        identity.objective().forEach(objective::put);
        return json;
    }

    private static void write(PhaseState phase, ObjectNode json) {
        json.put(SKIPPED, phase.skipped());
        phase.scaler().ifPresent(scaler -> write(scaler, json.putObject(SCALER)));
        if (phase.schedule() instanceof ReduceOnPlateau plateau) {
            write(plateau, json.putObject(ReduceOnPlateau.NAME));
        }
    }

    private static PhaseState phase(StoredState stored, long steps, PhaseState begin) {
        return new PhaseState(
                stored.count(SKIPPED, steps),
                stored.has(SCALER) ? Optional.of(scaler(stored.object(SCALER))) : Optional.empty(),
                schedule(stored, begin.schedule()));
    }

    private static void write(LossScaler scaler, ObjectNode json) {
        switch (scaler) {
            case LossScaler.Microsoft(double scale, long interval, long attempts, long changed) ->
                json.put("scale", Double.toString(scale))
                        .put("interval", interval)
                        .put("attempts", attempts)
                        .put("changed", changed);
            case LossScaler.Torch(double scale, long interval, long finiteAttempts) ->
                json.put("scale", Double.toString(scale))
                        .put("interval", interval)
                        .put("finite_attempts", finiteAttempts);
        }
    }

    private static void write(ReduceOnPlateau plateau, ObjectNode json) {
        json.put("rate", Double.toString(plateau.rate()))
                .put("best", Double.toString(plateau.best()))
                .put("bad", plateau.bad())
                .put("pause", plateau.pause());
    }

    /**
     * Returns the schedule of a checkpoint. Its rule comes from the options. If the checkpoint has another one, it
     * begins as the options say.
     */
    private static Schedule schedule(StoredState state, Schedule begin) {
        if (!(begin instanceof ReduceOnPlateau plateau) || !state.has(ReduceOnPlateau.NAME)) {
            return begin;
        }
        StoredState stored = state.object(ReduceOnPlateau.NAME);
        return new ReduceOnPlateau(
                plateau.rule(),
                stored.number("rate", rate -> rate >= 0 && rate < Double.POSITIVE_INFINITY, "a number of at least 0"),
                stored.number("best", best -> !Double.isNaN(best), "a number"),
                stored.count("bad", Long.MAX_VALUE),
                stored.count("pause", Long.MAX_VALUE));
    }

    private static LossScaler scaler(StoredState stored) {
        double scale = stored.number("scale", s -> s > 0 && s < Double.POSITIVE_INFINITY, "a finite number above 0");
        long interval = stored.count("interval", Long.MAX_VALUE);
        if (stored.has("finite_attempts")) {
            return new LossScaler.Torch(scale, interval, stored.count("finite_attempts", Long.MAX_VALUE));
        }
        long attempts = stored.count("attempts", Long.MAX_VALUE);
        return new LossScaler.Microsoft(scale, interval, attempts, stored.count("changed", attempts));
    }

    /**
     * Reads a folder, and sets variables to the values in it.
     *
     * @param begin the state that a training begins with
     * @throws TrainingException if it is damaged, or belongs to a training with other rows or options
     */
    static TrainerState read(
            Path folder, Map<String, TensorType> trained, Variables variables, Identity identity, TrainerState begin) {
        if (!is(folder)) {
            throw new TrainingException(folder + " is not a checkpoint: it has no " + STATE);
        }
        StoredState state = StoredState.read(file(folder));
        check(folder, state.json(), json(identity, begin));
        TrainerState restored = state(folder, state, begin);
        Map<String, Tensor> values = new HashMap<>();
        try (Weights stored = Weights.open(folder.resolve(VALUES))) {
            for (String name : stored.names()) {
                if (!variables.types().containsKey(name)) {
                    throw new TrainingException(folder + " holds " + name
                            + ", which this training has no variable for: use the optimizer and the model of then");
                }
                values.put(name, copy(stored.get(name)));
            }
            readModel(folder, trained, values);
            new TreeMap<>(variables.types()).forEach((name, type) -> check(folder, name, type, values, trained));
            variables.write(values);
        }
        return restored;
    }

    /** Reads the values that {@code optimizer.safetensors} lacks from the model's file. */
    private static void readModel(Path folder, Map<String, TensorType> trained, Map<String, Tensor> values) {
        if (!Weights.existIn(folder)) {
            return;
        }
        try (Weights model = Weights.open(folder)) {
            for (String name : trained.keySet()) {
                if (!values.containsKey(name) && model.contains(name)) {
                    values.put(name, copy(model.get(name)));
                }
            }
        }
    }

    private static void check(
            Path folder, String name, TensorType type, Map<String, Tensor> values, Map<String, TensorType> trained) {
        boolean isStored = trained.containsKey(name) || name.startsWith(ParameterUpdates.STATES);
        if (isStored && (!values.containsKey(name) || !values.get(name).type().equals(type))) {
            throw new TrainingException(folder + " does not hold " + name + " as " + type
                    + ": use the optimizer and the model of then, or begin in another output_dir");
        }
        if (trained.containsKey(name) && !FiniteWeights.isFinite(values.get(name))) {
            throw new TrainingException(folder + " is damaged: " + name
                    + " has elements that are not finite numbers: go on from another checkpoint");
        }
    }

    private static Tensor copy(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.data().byteSize())];
        MemorySegment.copy(tensor.data(), 0, MemorySegment.ofArray(bytes), 0, bytes.length);
        return new Tensor(tensor.dtype(), tensor.shape(), MemorySegment.ofArray(bytes));
    }

    /** Returns the fields of a checkpoint. */
    static JsonNode json(Path folder) {
        return StoredState.read(file(folder)).json();
    }

    private static void check(Path folder, JsonNode json, ObjectNode wanted) {
        for (String field : new String[] {
            "recipe",
            "seed",
            "data_seed",
            "order",
            "optim",
            "train_batch_size",
            "gradient_accumulation_steps",
            "rows",
            "rows_checksum",
            "updates_per_epoch"
        }) {
            check(folder, field, json, wanted);
        }
        check(folder, PRECISION, precision(json), wanted.path(PRECISION).asString());
        if (json.has(OBJECTIVE)) {
            Set<String> fields = new TreeSet<>(json.path(OBJECTIVE).propertyNames());
            fields.remove(PRECISION);
            fields.addAll(wanted.path(OBJECTIVE).propertyNames());
            fields.forEach(field -> check(folder, field, json.path(OBJECTIVE), wanted.path(OBJECTIVE)));
        }
    }

    /** Compares whether a phase scales its loss, as the state of the scaler is kept with the phase. */
    private static void checkScaler(Path folder, StoredState stored, PhaseState begin, int number) {
        boolean scales = begin.scaler().isPresent();
        if (stored.has(SCALER) != scales) {
            throw new TrainingException(folder + " was written by a training that "
                    + (scales ? "did not scale its loss, and this one does" : "scaled its loss, and this one does not")
                    + (number == 0 ? "" : ", in " + FURTHER + "[" + (number - 1) + "]")
                    + ": go on with the options of then, or begin in another output_dir");
        }
    }

    private static void check(Path folder, String field, JsonNode json, JsonNode wanted) {
        check(
                folder,
                field,
                json.path(field).asString("not said"),
                wanted.path(field).asString("not said"));
    }

    /** Returns the precision of a checkpoint. Earlier versions computed in fp32, or named it in the objective. */
    private static String precision(JsonNode json) {
        return json.has(PRECISION)
                ? json.path(PRECISION).asString("not said")
                : json.path(OBJECTIVE).path(PRECISION).asString(ComputePrecision.FP32.toString());
    }

    private static void check(Path folder, String field, String then, String now) {
        if (!then.equals(now)) {
            throw new TrainingException(folder + " was written by a training whose " + field + " is " + then
                    + ", and here it is " + now
                    + ": go on with the rows and options of then, or begin in another output_dir");
        }
    }

    private static TrainerState state(Path folder, StoredState stored, TrainerState begin) {
        long step = stored.count("global_step", Long.MAX_VALUE);
        List<PhaseState> phases = new ArrayList<>();
        for (PhaseState phase : begin.phases()) {
            int number = phases.size();
            StoredState own = number == 0 ? stored : stored.object(FURTHER, number - 1);
            checkScaler(folder, own, phase, number);
            phases.add(phase(own, step, phase));
        }
        return new TrainerState(
                step,
                stored.number("loss_sum", sum -> true, "a number"),
                stored.has("best_metric")
                        ? OptionalDouble.of(stored.number("best_metric", metric -> !Double.isNaN(metric), "a number"))
                        : OptionalDouble.empty(),
                stored.has("best_global_step")
                        ? Optional.of(stored.count("best_global_step", Long.MAX_VALUE))
                        : Optional.empty(),
                (int) stored.count("bad_evaluations", Integer.MAX_VALUE - 1),
                phases);
    }
}
