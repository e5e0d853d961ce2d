package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.bench.worker.Subject;
import detangle.bench.worker.SubjectProvider;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.runtime.Backends;
import detangle.runtime.DetangleVersion;
import detangle.runtime.PackedBatch;
import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.TrainingPrograms;
import detangle.train.lora.LoraModel;
import detangle.train.lora.LoraOptions;
import detangle.train.optimizer.ParameterUpdates;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sequence classifiers in Detangle, whose runs are steps of training, one or all of an epoch; the options are the
 * backend, the precision and the words of a {@link TrainingStep}. The weights are random, whatever the folder has, as
 * the time of a step does not depend on them.
 */
public final class TrainingSubjectProvider implements SubjectProvider {
    /** Makes a provider for {@link java.util.ServiceLoader}. */
    public TrainingSubjectProvider() {}

    static final String NAME = "detangle-training";

    @Override
    public String name() {
        return NAME;
    }

    /** Returns the options of a subject for a backend in a precision. */
    static String options(String backend, ComputePrecision precision, TrainingStep step) {
        return Stream.concat(Stream.of(backend, precision.toString()), step.words().stream())
                .collect(Collectors.joining(" "));
    }

    @Override
    public Subject load(Path model, int threads, List<String> inputs, String options) {
        List<String> words = List.of(options.split(" "));
        ComputePrecision precision = ComputePrecision.named(words.get(1)).orElseThrow();
        Device device = Backends.device(Optional.of(words.getFirst()), Set.of(), precision);
        Steps steps = steps(model, Set.copyOf(inputs), device, TrainingStep.of(words.subList(2, words.size())));
        System.gc(); // The train command frees what loading leaves in the same way.
        return steps;
    }

    private static Steps steps(Path model, Set<String> inputs, Device device, TrainingStep wanted) {
        DebertaConfig config = DebertaConfig.read(model);
        device.warmUp(); // The warm-up runs while the compiler does, as it does for those who train.
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        Program whole = TrainingModel.build(config, head, TrainingModelOptions.of(head));
        Trained trained = wanted.adapter()
                .map(lora -> Trained.adapter(config, whole, lora))
                .orElseGet(() -> Trained.all(config, whole));
        ParameterUpdates.Plan updates = OptimizerOptions.HUGGINGFACE
                .withWeightDecay(0.01)
                .withLearningRate(1e-5)
                .plan(Recipe.HUGGINGFACE, config.numHiddenLayers());
        TrainingPrograms programs = wanted.programs(TrainingPrograms.of(trained.program(), updates, true));
        Map<String, Tensor> variables = new HashMap<>(trained.parameters());
        variables.putAll(updates.states(variables));
        Plan step = programs.step();
        return new Steps(
                "Detangle " + DetangleVersion.number() + ", " + device.description(),
                inputs,
                config.numLabels(),
                updates,
                step.program(),
                device.load(step, device.variables(variables)));
    }

    /** A model with its loss, and the parameters that are trained. */
    private record Trained(Program program, Map<String, Tensor> parameters) {
        static Trained all(DebertaConfig config, Program whole) {
            return new Trained(whole, RandomWeights.of(config, whole));
        }

        /** The frozen weights are made one after the other, so that the whole model is never in single precision. */
        static Trained adapter(DebertaConfig config, Program whole, LoraOptions options) {
            LoraModel lora = LoraModel.of(whole, config, options);
            Map<String, TensorType> types = RandomWeights.types(whole);
            Map<String, Tensor> parameters = new HashMap<>(lora.start(Map.of(), 0));
            lora.trained().forEach((name, type) -> parameters.computeIfAbsent(name, n -> RandomWeights.of(n, type)));
            return new Trained(lora.withConstants(name -> RandomWeights.of(name, types.get(name))), parameters);
        }
    }

    /** The steps of a loaded model. */
    private static final class Steps implements Subject {
        private final String version;
        private final Set<String> inputs;
        private final int labels;
        private final ParameterUpdates.Plan updates;
        private final Executable executable;
        private final Set<String> read;
        private final Optional<PackedBatch> packing;
        private long done;

        private Steps(
                String version,
                Set<String> inputs,
                int labels,
                ParameterUpdates.Plan updates,
                Program program,
                Executable executable) {
            this.version = version;
            this.inputs = inputs;
            this.labels = labels;
            this.updates = updates;
            this.executable = executable;
            this.read = program.inputs().stream()
                    .map(input -> ((TensorOp.Input) input.op()).name())
                    .collect(Collectors.toSet());
            this.packing = PackedBatch.of(program);
        }

        @Override
        public String version() {
            return version;
        }

        @Override
        public Set<String> inputs() {
            return inputs;
        }

        @Override
        public Forward prepare(Map<String, Tensor> given) {
            Map<String, Tensor> batch = new HashMap<>(given);
            long[] classes = new long[Math.toIntExact(given.get(InputNames.IDS).dim(0))];
            for (int row = 0; row < classes.length; row++) {
                classes[row] = row % labels;
            }
            batch.put(InputNames.LABELS, Tensor.of(classes, classes.length));
            return () -> step(batch);
        }

        @Override
        public Forward prepare(Path file) {
            List<Map<String, Tensor>> batches = BatchFile.read(file);
            return () -> batches.forEach(this::step);
        }

        private void step(Map<String, Tensor> batch) {
            Map<String, Tensor> all = new HashMap<>(
                    packing.map(p -> p.inputs(batch).orElseThrow()).orElse(batch));
            all.put(TrainingPrograms.LOSS_FACTOR, Tensor.ofDoubles(DType.F32, new double[] {1}));
            all.put(InputNames.DROPOUT_SEED, Tensor.of(new long[] {done}));
            all.putAll(updates.scalars(done++, 1e-5, 1));
            all.keySet().retainAll(read);
            double loss = executable.run(all).get(HeadLosses.LOSS).getDouble(0);
            if (!Double.isFinite(loss)) {
                throw new BenchException("the loss is " + loss);
            }
        }
    }
}
