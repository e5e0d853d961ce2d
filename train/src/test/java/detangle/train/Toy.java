package detangle.train;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.weights.SafetensorsWriter;
import detangle.train.BatchPlan.Range;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A model of two layers with dropout between them, rows that it can learn, and what judges it. */
final class Toy {
    static final int WIDTH = 24;
    static final int HIDDEN = 64;
    static final int ROWS = 22;
    private static final double DROPPED = 0.1;

    private Toy() {}

    private static Program program(boolean trains) {
        Builder b = new Builder();
        Dim batch = Dim.symbol("B");
        Node x = b.input("x", TensorType.of(DType.F32, batch, Dim.of(WIDTH)));
        Node t = b.input("t", TensorType.of(DType.F32, batch, Dim.of(1)));
        List<Node> inputs = new ArrayList<>(List.of(x, t));
        Node first = b.dotTransposed(x, b.param("first.weight", TensorType.of(DType.F32, HIDDEN, WIDTH)));
        Node hidden = b.unary(
                UnaryFunction.TANH, b.add(first, b.param("first.bias", TensorType.of(DType.F32, new long[] {HIDDEN}))));
        if (trains) {
            Node seed = b.input(InputNames.DROPOUT_SEED, new TensorType(DType.I64, Shape.SCALAR));
            inputs.add(seed);
            Node uniform = b.op(new TensorOp.RandomUniform(hidden.type(), 0), seed);
            hidden = new Idioms(b).dropout(hidden, DROPPED, uniform);
        }
        Node y = b.dotTransposed(hidden, b.param("second.weight", TensorType.of(DType.F32, 1, HIDDEN)));
        Node difference = b.sub(y, t);
        Node sum = b.reduce(ReduceFunction.SUM, b.mul(difference, difference), 0);
        Node count = b.reduce(ReduceFunction.SUM, b.broadcast(b.constant(DType.F32, 1), t.shape()), 0);
        Node loss = b.reshape(b.div(sum, count), Shape.SCALAR);
        return new Program("toy", inputs, List.of(new Output(HeadLosses.LOSS, loss), new Output("y", y)), Map.of());
    }

    private static Tensor normal(long seed, double deviation, long... shape) {
        Random random = new Random(seed);
        double[] values = IntStream.range(0, Math.toIntExact(Tensor.elements(shape)))
                .mapToDouble(i -> deviation * random.nextGaussian())
                .toArray();
        return Tensor.ofDoubles(DType.F32, values, shape);
    }

    static TrainableModel model() {
        Map<String, Tensor> parameters = Map.of(
                "first.weight", normal(1, 0.2, HIDDEN, WIDTH),
                "first.bias", normal(2, 0.1, HIDDEN),
                "second.weight", normal(3, 0.2, 1, HIDDEN));
        return TrainableModel.of(program(true), parameters, 0)
                .withEvaluation(program(false))
                .withWriter((folder, values) ->
                        SafetensorsWriter.write(folder.resolve("model.safetensors"), new TreeMap<>(values), Map.of()));
    }

    /** Returns a model whose updates do not depend on how rows are divided among processes. */
    static TrainableModel withoutDropout() {
        TrainableModel model = model();
        return new TrainableModel(
                List.of(TrainingPhase.of(program(false))),
                model.evaluation(),
                model.parameters(),
                0,
                model.writer(),
                model.objective());
    }

    /** Returns a model whose layers are trained by a phase each, and how the second one's options differ. */
    static TrainableModel twoPhases(UnaryOperator<OptimizerOptions> second) {
        TrainableModel model = model();
        List<TrainingPhase> phases = List.of(
                new TrainingPhase("first", program(false), List.of(), o -> o.withFrozen(List.of("second."))),
                new TrainingPhase(
                        "second", program(false), List.of(), o -> second.apply(o.withFrozen(List.of("first.")))));
        return new TrainableModel(phases, model.evaluation(), model.parameters(), 0, model.writer(), model.objective());
    }

    /** Rows whose target is a function of what is in them. */
    private static Map<String, Tensor> rows(int[] which) {
        double[] x = new double[which.length * WIDTH];
        double[] t = new double[which.length];
        for (int i = 0; i < which.length; i++) {
            Random random = new Random(which[i]);
            for (int j = 0; j < WIDTH; j++) {
                x[i * WIDTH + j] = random.nextGaussian();
                t[i] += j % 3 == 0 ? 0.3 * x[i * WIDTH + j] : 0;
            }
        }
        return Map.of(
                "x",
                Tensor.ofDoubles(DType.F32, x, which.length, WIDTH),
                "t",
                Tensor.ofDoubles(DType.F32, t, which.length, 1));
    }

    /** In another order at each epoch. */
    static Batches batches(TrainingOptions options) {
        return batches(options, 1);
    }

    /** Returns the batches of several processes together. */
    static Batches batches(TrainingOptions options, int processes) {
        return new Shuffled(options.batchPlan(ROWS, processes), options.orderSeed(), 0, 1);
    }

    private record Shuffled(BatchPlan plan, long seed, int rank, int size) implements Batches {
        @Override
        public int updates() {
            return plan.updates();
        }

        @Override
        public List<Batch> update(int epoch, int update) {
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, ROWS).boxed().toList());
            Collections.shuffle(order, new Random(seed * 31 + epoch));
            return plan.microBatches(update).stream()
                    .map(range -> batch(order, range.slice(rank, size)))
                    .toList();
        }

        @Override
        public long rows() {
            return ROWS;
        }

        @Override
        public Batches slice(int number, int slices) {
            return new Shuffled(plan, seed, number, slices);
        }
    }

    private static Batch batch(List<Integer> order, Range range) {
        if (range.size() == 0) {
            return Batch.EMPTY;
        }
        int[] which = order.subList(range.from(), range.to()).stream()
                .mapToInt(i -> i)
                .toArray();
        return new Batch(rows(which), which.length, which.length);
    }

    /** The loss of rows that training does not see. */
    static Evaluator evaluator() {
        return model -> {
            SequencedMap<String, Double> metrics = new LinkedHashMap<>();
            int[] unseen = IntStream.range(1000, 1040).toArray();
            metrics.put("loss", model.apply(rows(unseen)).get(HeadLosses.LOSS).getDouble(0));
            return metrics;
        };
    }

    /** Evaluations with these losses, one after the other. */
    static Evaluator losses(double... losses) {
        int[] next = {0};
        return model -> {
            SequencedMap<String, Double> metrics = new LinkedHashMap<>();
            metrics.put("loss", losses[next[0]++]);
            return metrics;
        };
    }

    /** One with a batch in which a target is not a number. */
    static Batches spoilt(Batches batches, int epoch, int update) {
        return new Batches() {
            @Override
            public int updates() {
                return batches.updates();
            }

            @Override
            public List<Batch> update(int e, int u) {
                List<Batch> sound = batches.update(e, u);
                return e != epoch || u != update
                        ? sound
                        : sound.stream().map(Toy::spoilt).toList();
            }

            @Override
            public long rows() {
                return batches.rows();
            }
        };
    }

    private static Batch spoilt(Batch batch) {
        Map<String, Tensor> inputs = new HashMap<>(batch.inputs());
        float[] targets = inputs.get("t").toFloats();
        targets[0] = Float.NaN;
        inputs.put("t", Tensor.of(targets, targets.length, 1));
        return new Batch(inputs, batch.rows(), batch.items());
    }

    /** Records what it is told, and ends training after some updates. */
    static final class Recorder implements TrainingCallback {
        final List<Step> steps = new ArrayList<>();
        final List<Evaluation> evaluations = new ArrayList<>();
        final List<String> saved = new ArrayList<>();
        Optional<Begin> begin = Optional.empty();
        private final long most;

        Recorder() {
            this(Long.MAX_VALUE);
        }

        Recorder(long most) {
            this.most = most;
        }

        @Override
        public void onBegin(Begin told) {
            begin = Optional.of(told);
        }

        @Override
        public void onStep(Step step) {
            steps.add(step);
        }

        @Override
        public void onEvaluate(Evaluation evaluation) {
            evaluations.add(evaluation);
        }

        @Override
        public void onSave(Path checkpoint) {
            saved.add(checkpoint.getFileName().toString());
        }

        @Override
        public boolean stops() {
            return !steps.isEmpty() && steps.getLast().done() >= most;
        }
    }
}
