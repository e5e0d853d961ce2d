package detangle.train;

import detangle.backend.Device;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.optimizer.Zeros;
import detangle.train.parallel.DataParallel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;

/** A model on a device while it is trained: its programs, and the variables that they share. One thread may use it. */
final class DeviceModel implements AutoCloseable {
    private final Variables variables;
    private final Set<String> parameters;
    private final int rank;
    private final Exchange exchange;
    private final List<Phase> phases;
    private final Optional<LoadedPlan> evaluation;

    /**
     * The programs of a phase on the device.
     *
     * @param backward the program that updates with one micro-batch, or adds up several micro-batches if {@code apply}
     *     is present
     */
    private record Phase(TrainingPrograms programs, LoadedPlan backward, Optional<LoadedPlan> apply) {
        static Phase of(Device device, TrainingPrograms programs, boolean accumulates, Variables variables) {
            return new Phase(
                    programs,
                    LoadedPlan.of(device, accumulates ? programs.accumulate() : programs.step(), variables),
                    accumulates ? Optional.of(LoadedPlan.of(device, programs.apply(), variables)) : Optional.empty());
        }

        Stream<LoadedPlan> loaded() {
            return Stream.concat(Stream.of(backward), apply.stream());
        }

        List<String> gradients() {
            return programs.trained().keySet().stream()
                    .map(TrainingPrograms::gradient)
                    .toList();
        }
    }

    private DeviceModel(
            Variables variables,
            Set<String> parameters,
            DataParallel parallel,
            List<Phase> phases,
            Optional<LoadedPlan> evaluation) {
        this.variables = variables;
        this.parameters = parameters;
        this.rank = parallel.group().rank();
        this.exchange = Exchange.ofUpdates(parallel);
        this.phases = phases;
        this.evaluation = evaluation;
    }

    /**
     * Loads a model.
     *
     * @param programs the programs of each phase
     * @param evaluation the model without dropout; empty if it is not evaluated during training
     * @param weights a tensor for each parameter of the programs
     * @param severalBatches whether updates may have several micro-batches
     * @param parallel the processes that train the model together
     */
    static DeviceModel load(
            Device device,
            List<TrainingPrograms> programs,
            Optional<Plan> evaluation,
            Map<String, Tensor> weights,
            boolean severalBatches,
            DataParallel parallel) {
        // Gradients that are exchanged between backward and update are in variables too.
        boolean accumulates = severalBatches || Exchange.ofUpdates(parallel).hasPeers();
        Map<String, Tensor> values = new HashMap<>(weights);
        for (TrainingPrograms phase : programs) {
            Map<String, Tensor> trained = new HashMap<>(weights);
            trained.keySet().retainAll(phase.trained().keySet());
            values.putAll(phase.plan().states(trained));
            if (accumulates) {
                Zeros zeros = Zeros.forLargest(trained.values());
                trained.forEach((name, value) -> values.put(TrainingPrograms.gradient(name), zeros.like(value)));
            }
        }
        Variables variables = device.variables(values);
        return new DeviceModel(
                variables,
                Set.copyOf(weights.keySet()),
                parallel,
                programs.stream()
                        .map(phase -> Phase.of(device, phase, accumulates, variables))
                        .toList(),
                evaluation.map(program -> LoadedPlan.of(device, program, variables)));
    }

    /** Returns the values of all variables, which may be read and written between updates. */
    Variables variables() {
        return variables;
    }

    /** Returns the memory that training takes with batches like this one. */
    TrainingMemory memory(Batch batch) {
        List<Plan> plans = loaded().map(LoadedPlan::plan).toList();
        long exchanged = phases.stream()
                .mapToLong(phase -> exchange.bytes(variables, phase.gradients()))
                .max()
                .orElse(0);
        return TrainingMemory.of(variables, parameters, plans, batch, exchanged);
    }

    private Stream<LoadedPlan> loaded() {
        return Stream.concat(phases.stream().flatMap(Phase::loaded), evaluation.stream());
    }

    /**
     * The numbers that an update takes beside its rows.
     *
     * @param step the number of the update; it determines what dropout drops
     * @param done the number of updates that have changed the parameters before
     * @param rate the learning rate
     * @param seed the seed of the training; with {@code step} and the rank it determines the seed of dropout
     * @param lossScale the factor of the loss
     */
    record Scalars(long step, long done, double rate, long seed, double lossScale) {}

    /**
     * The result of a phase of an update.
     *
     * @param loss the mean loss of the micro-batches
     * @param norm the norm of the gradients before clipping; if it is not a finite number, the parameters are unchanged
     * @param rows the number of rows, those of other processes included
     * @param measures the means of the other numbers that the phase reports, by name
     * @param slices the slices of micro-batches with what the phase passes on
     */
    record Outcome(double loss, double norm, int rows, SequencedMap<String, Double> measures, List<Batch> slices) {}

    /**
     * Updates the parameters of a phase once, with slices of micro-batches if other processes have the other slices.
     *
     * @param number the number of the phase, from 0
     * @throws TrainingException if there are several micro-batches, and the options have none to add up
     */
    Outcome update(int number, List<Batch> slices, Scalars scalars) {
        Phase phase = phases.get(number);
        if (slices.size() > 1 && phase.apply().isEmpty()) {
            throw new TrainingException("an update has " + slices.size()
                    + " micro-batches, and gradient_accumulation_steps is 1: set it to the most micro-batches of an"
                    + " update");
        }
        boolean divides = phase.backward().inputs().contains(InputNames.LOSS_DIVISOR);
        Exchange.Shares shares = exchange.shares(slices, divides);
        ParameterUpdates.Plan plan = phase.programs().plan();
        Map<String, Tensor> ofUpdate = plan.scalars(scalars.done(), scalars.rate(), 1 / scalars.lossScale());
        SequencedMap<String, Double> measures = new LinkedHashMap<>();
        List<Batch> passed = new ArrayList<>(slices);
        double loss = 0;
        double norm = 0;
        boolean isFirst = true;
        for (int i = 0; i < slices.size(); i++) {
            double share = shares.ofBatches()[i];
            if (share == 0) {
                continue;
            }
            Map<String, Tensor> inputs = new HashMap<>(slices.get(i).inputs());
            long seed = dropoutSeed(scalars, number, rank * slices.size() + i);
            inputs.put(InputNames.DROPOUT_SEED, Tensor.of(new long[] {seed}));
            inputs.put(InputNames.SAMPLING_SEED, Tensor.of(new long[] {mixed(seed)}));
            inputs.put(InputNames.LOSS_DIVISOR, number(shares.items()));
            inputs.put(TrainingPrograms.LOSS_FACTOR, number(share * scalars.lossScale()));
            inputs.put(TrainingPrograms.KEEPS, number(isFirst ? 0 : 1));
            inputs.putAll(ofUpdate);
            Map<String, Tensor> outputs = phase.backward().run(inputs);
            isFirst = false;
            Map<String, Tensor> further = new HashMap<>(slices.get(i).inputs());
            for (String output : phase.programs().outputs()) {
                Tensor value = outputs.get(output);
                if (value.rank() == 0) {
                    measures.merge(output, share * value.getDouble(0), Double::sum);
                } else {
                    further.put(output, value);
                }
            }
            passed.set(i, slices.get(i).with(further));
            loss += share * outputs.get(HeadLosses.LOSS).getDouble(0);
            norm = phase.apply().isPresent()
                    ? norm
                    : outputs.get(TrainingPrograms.GRADIENT_NORM).getDouble(0);
        }
        if (exchange.hasPeers()) {
            exchange.sum(variables, phase.gradients(), isFirst, 1);
            loss = exchange.sum(loss);
        } else if (isFirst) {
            return new Outcome(0, 0, 0, measures, passed); // Other processes have rows, and this one has none.
        }
        if (phase.apply().isPresent()) {
            Map<String, Tensor> outputs = phase.apply().get().run(ofUpdate);
            norm = outputs.get(TrainingPrograms.GRADIENT_NORM).getDouble(0);
        }
        return new Outcome(loss, norm, shares.rows(), measures, passed);
    }

    private static Tensor number(double value) {
        return Tensor.ofDoubles(DType.F32, new double[] {value});
    }

    /** Returns a seed of dropout. Those of other seeds, updates, phases and micro-batches are independent of it. */
    private static long dropoutSeed(Scalars scalars, int phase, int microBatch) {
        long ofUpdate = mixed(mixed(scalars.seed()) + scalars.step());
        return mixed((phase == 0 ? ofUpdate : mixed(ofUpdate ^ -phase)) + microBatch);
    }

    /** Does a step of SplitMix64 (Steele et al. 2014). */
    private static long mixed(long seed) {
        long z = seed + 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** Evaluates the model with its present parameters. */
    Map<String, Tensor> evaluate(Map<String, Tensor> inputs) {
        return evaluation
                .orElseThrow(() -> new IllegalStateException("the model was loaded without an evaluation"))
                .run(inputs);
    }

    @Override
    public void close() {
        loaded().forEach(program -> program.executable().close());
    }
}
