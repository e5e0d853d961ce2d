package detangle.train;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.runtime.PackedBatch;
import detangle.train.optimizer.Zeros;
import detangle.train.parallel.DataParallel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A model on a device while it is trained: its programs, and the variables that they share. One thread may use it. */
final class DeviceModel implements AutoCloseable {
    private final TrainingPrograms programs;
    private final Variables variables;
    private final Set<String> parameters;
    private final int rank;
    private final Exchange exchange;

    /** This program updates with one micro-batch, or adds up several micro-batches if {@link #apply} is present. */
    private final Loaded backward;

    private final Optional<Loaded> apply;
    private final Optional<Loaded> evaluation;

    /** A program on the device, and the names of the inputs that it reads. */
    private record Loaded(Plan plan, Executable executable, Set<String> inputs, Optional<PackedBatch> packing) {
        static Loaded of(Device device, Plan plan, Variables variables) {
            Set<String> inputs = new HashSet<>();
            plan.program().inputs().forEach(input -> inputs.add(((TensorOp.Input) input.op()).name()));
            return new Loaded(plan, device.load(plan, variables), inputs, PackedBatch.of(plan.program()));
        }

        /** Runs the program with the tensors that it reads. */
        Map<String, Tensor> run(Map<String, Tensor> given) {
            Map<String, Tensor> all = packing.isEmpty() ? given : packed(packing.get(), given);
            Map<String, Tensor> read = new HashMap<>(all);
            read.keySet().retainAll(inputs);
            return executable.run(read);
        }

        private static Map<String, Tensor> packed(PackedBatch packing, Map<String, Tensor> given) {
            return packing.inputs(given)
                    .orElseThrow(() -> new TrainingException("a batch has a row without a token at its first position:"
                            + " padding must stand behind the tokens"));
        }
    }

    private DeviceModel(
            TrainingPrograms programs,
            Variables variables,
            Set<String> parameters,
            DataParallel parallel,
            Loaded backward,
            Optional<Loaded> apply,
            Optional<Loaded> evaluation) {
        this.programs = programs;
        this.variables = variables;
        this.parameters = parameters;
        this.rank = parallel.group().rank();
        this.exchange = Exchange.ofUpdates(parallel);
        this.backward = backward;
        this.apply = apply;
        this.evaluation = evaluation;
    }

    /**
     * Loads a model.
     *
     * @param evaluation the model without dropout; empty if it is not evaluated during training
     * @param weights a tensor for each parameter of the programs
     * @param severalBatches whether updates may have several micro-batches
     * @param parallel the processes that train the model together
     */
    static DeviceModel load(
            Device device,
            TrainingPrograms programs,
            Optional<Plan> evaluation,
            Map<String, Tensor> weights,
            boolean severalBatches,
            DataParallel parallel) {
        // Gradients that are exchanged between backward and update are in variables too.
        boolean accumulates = severalBatches || Exchange.ofUpdates(parallel).hasPeers();
        Map<String, Tensor> values = new HashMap<>(weights);
        Map<String, Tensor> trained = new HashMap<>(weights);
        trained.keySet().retainAll(programs.trained().keySet());
        values.putAll(programs.plan().states(trained));
        if (accumulates) {
            Zeros zeros = Zeros.forLargest(trained.values());
            trained.forEach((name, value) -> values.put(TrainingPrograms.gradient(name), zeros.like(value)));
        }
        Variables variables = device.variables(values);
        return new DeviceModel(
                programs,
                variables,
                Set.copyOf(weights.keySet()),
                parallel,
                Loaded.of(device, accumulates ? programs.accumulate() : programs.step(), variables),
                accumulates ? Optional.of(Loaded.of(device, programs.apply(), variables)) : Optional.empty(),
                evaluation.map(program -> Loaded.of(device, program, variables)));
    }

    /** Returns the values of all variables, which may be read and written between updates. */
    Variables variables() {
        return variables;
    }

    /** Returns the memory that training takes with batches like this one. */
    TrainingMemory memory(Batch batch) {
        List<Plan> plans = Stream.of(Optional.of(backward), apply, evaluation)
                .flatMap(Optional::stream)
                .map(Loaded::plan)
                .toList();
        return TrainingMemory.of(variables, parameters, plans, batch);
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
     * The result of an update.
     *
     * @param loss the mean loss of the micro-batches
     * @param norm the norm of the gradients before clipping; if it is not a finite number, the parameters are unchanged
     * @param rows the number of rows, those of other processes included
     */
    record Outcome(double loss, double norm, int rows) {}

    /** Updates the parameters once, with slices of micro-batches if other processes have the other slices. */
    Outcome update(List<Batch> slices, Scalars scalars) {
        boolean divides = backward.inputs().contains(InputNames.LOSS_DIVISOR);
        Exchange.Shares shares = exchange.shares(slices, divides);
        Map<String, Tensor> ofUpdate = programs.plan().scalars(scalars.done(), scalars.rate(), 1 / scalars.lossScale());
        double loss = 0;
        double norm = 0;
        boolean isFirst = true;
        for (int i = 0; i < slices.size(); i++) {
            double share = shares.ofBatches()[i];
            if (share == 0) {
                continue;
            }
            Map<String, Tensor> inputs = new HashMap<>(slices.get(i).inputs());
            inputs.put(InputNames.DROPOUT_SEED, Tensor.of(new long[] {dropoutSeed(scalars, rank * slices.size() + i)}));
            inputs.put(InputNames.LOSS_DIVISOR, number(shares.items()));
            inputs.put(TrainingPrograms.LOSS_FACTOR, number(share * scalars.lossScale()));
            inputs.put(TrainingPrograms.KEEPS, number(isFirst ? 0 : 1));
            inputs.putAll(ofUpdate);
            Map<String, Tensor> outputs = backward.run(inputs);
            isFirst = false;
            loss += share * outputs.get(HeadLosses.LOSS).getDouble(0);
            norm = apply.isPresent()
                    ? norm
                    : outputs.get(TrainingPrograms.GRADIENT_NORM).getDouble(0);
        }
        if (exchange.hasPeers()) {
            exchange.sum(variables, gradients(), isFirst, 1);
            loss = exchange.sum(loss);
        } else if (isFirst) {
            return new Outcome(0, 0, 0); // Other processes have rows, and this one has none.
        }
        if (apply.isPresent()) {
            norm = apply.get().run(ofUpdate).get(TrainingPrograms.GRADIENT_NORM).getDouble(0);
        }
        return new Outcome(loss, norm, shares.rows());
    }

    private List<String> gradients() {
        return programs.trained().keySet().stream()
                .map(TrainingPrograms::gradient)
                .toList();
    }

    private static Tensor number(double value) {
        return Tensor.ofDoubles(DType.F32, new double[] {value});
    }

    /** Returns a seed of dropout. Those of other seeds, updates and micro-batches are independent of it. */
    private static long dropoutSeed(Scalars scalars, int microBatch) {
        return mixed(mixed(mixed(scalars.seed()) + scalars.step()) + microBatch);
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
        backward.executable().close();
        apply.ifPresent(loaded -> loaded.executable().close());
        evaluation.ifPresent(loaded -> loaded.executable().close());
    }
}
