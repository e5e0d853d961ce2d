package detangle.bench;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Peaks;
import detangle.backend.processor.ThreadCount;
import detangle.bench.OpReport.OpTime;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Activation;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.OpDims;
import detangle.ir.Program;
import detangle.ir.Symbols;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Checkpoint;
import detangle.models.weights.Weights;
import detangle.runtime.Backends;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Times each kernel of a compiled model by itself, against what its arithmetic and its memory allow. */
public final class OpBenchmark {
    /** Kernels are compiled by then. */
    private static final long WARMUP_NANOS = 1_000_000_000L;

    private final Device device;
    private final Peaks peaks;
    private final Program program;
    private final BenchOptions options;
    private final Set<Node> eachRun;

    private OpBenchmark(Device device, Peaks peaks, Program program, BenchOptions options) {
        this.device = device;
        this.peaks = peaks;
        this.program = program;
        this.options = options;
        this.eachRun = program.eachRun();
    }

    /** Kernels of one operation and one set of shapes are timed once and counted. */
    public static OpReport run(BenchOptions options, Consumer<String> progress) {
        // Read when the first device is loaded.
        System.setProperty(
                ThreadCount.PROPERTY, Integer.toString(options.threads().getFirst()));
        String backend = options.backends().getFirst();
        Device device = Backends.device(Optional.of(backend), Set.of());
        Peaks peaks = device.measurePeaks()
                .orElseThrow(
                        () -> new BenchException("the backend " + backend + " has no measured limits to compare with"));
        List<OpTime> results = new ArrayList<>();
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), options.weightType());
            Program built = model.program();
            try (Weights weights = Weights.open(folder)) {
                progress.accept("compiling " + model.name());
                Program compiled = Compiler.run(
                        built,
                        Passes.packedInference(
                                Checkpoint.parameters(weights, model.config(), built, Optional.of(model.head()), true)),
                        (pass, p) -> {});
                OpBenchmark bench = new OpBenchmark(device, peaks, compiled, options);
                for (Workload workload : options.workloads()) {
                    progress.accept(model.name() + ", batch " + workload.batch() + ", length " + workload.longest());
                    results.addAll(bench.times(model.name(), workload));
                }
            }
        }
        return new OpReport(
                Host.of(new TreeMap<>(Map.of(
                        backend,
                        device.description() + ", at most " + Cells.number("%.1f GFLOP/s, ", peaks.flops() / 1e9)
                                + Cells.number("%.1f GB/s", peaks.bandwidth() / 1e9)))),
                Cells.rounded(peaks.flops() / 1e9),
                Cells.rounded(peaks.bandwidth() / 1e9),
                results);
    }

    /** Operations that do the same work. */
    private record Kind(List<Op> results, List<TensorType> operands) {
        static Kind of(List<Node> operation) {
            return new Kind(
                    operation.stream().map(Node::op).toList(),
                    operation.getFirst().inputs().stream().map(Node::type).toList());
        }
    }

    private List<OpTime> times(String model, Workload workload) {
        Map<String, Long> sizes = Map.of(
                Symbols.BATCH,
                (long) workload.batch(),
                Symbols.LENGTH,
                (long) workload.longest(),
                Symbols.CHOICES,
                1L,
                Symbols.TOKENS,
                (long) workload.batch() * workload.longest());
        Map<Kind, List<List<Node>>> kinds = new LinkedHashMap<>();
        for (List<Node> operation : program.operations()) {
            if (operation.getFirst().op() instanceof KernelOp) {
                kinds.computeIfAbsent(Kind.of(operation), k -> new ArrayList<>())
                        .add(operation);
            }
        }
        // All of them before any counts: they share code, which is compiled for what it has seen.
        kinds.values().forEach(same -> time(same.getFirst(), sizes));
        List<OpTime> times = new ArrayList<>();
        for (List<List<Node>> same : kinds.values()) {
            List<Node> operation = same.getFirst();
            Node node = operation.getFirst();
            double seconds = time(operation, sizes);
            Cost cost = Cost.of(operation, sizes);
            double floor = Math.max(cost.flops() / peaks.flops(), cost.bytes() / peaks.bandwidth());
            times.add(new OpTime(
                    model,
                    name((KernelOp) node.op()),
                    operands(node, sizes),
                    workload.batch(),
                    workload.longest(),
                    options.threads().getFirst(),
                    same.size(),
                    Cells.rounded(seconds * 1e3),
                    Cells.rounded(seconds * same.size() * 1e3),
                    Cells.rounded(cost.flops() / seconds / 1e9),
                    Cells.rounded(cost.bytes() / seconds / 1e9),
                    Cells.rounded(floor / seconds)));
        }
        return times;
    }

    private static String name(KernelOp op) {
        return switch (op) {
            case KernelOp.Linear(var bias, var act) ->
                "linear" + (act == Activation.NONE ? "" : " " + act.name().toLowerCase(Locale.ROOT));
            case KernelOp.LayerNorm(var eps, var residual) -> residual ? "layer_norm residual" : "layer_norm";
            case KernelOp.DisentangledAttention a -> "disentangled_attention";
            case KernelOp.PackedAttention a -> "packed_attention";
            case KernelOp.DisentangledAttentionGrad g -> "disentangled_attention_grad";
            case KernelOp.PackedAttentionGrad g -> "packed_attention_grad";
            case KernelOp.Elementwise e -> "elementwise";
            case KernelOp.LayerNormGrad g -> "layer_norm_grad";
            case KernelOp.Embedding e -> "embedding";
            case KernelOp.MaskedSoftmax s -> "masked_softmax";
            case KernelOp.SumOfSquares s -> "sum_of_squares";
        };
    }

    private static String operands(Node node, Map<String, Long> sizes) {
        String text = node.inputs().stream()
                .limit(2)
                .map(i -> Arrays.toString(i.shape().evaluate(sizes)).replace(" ", ""))
                .collect(Collectors.joining(" "));
        return text.length() > 44 ? text.substring(0, 44) : text;
    }

    /**
     * Median seconds of a program of one operation: constants stay, all else is given.
     *
     * @param results of the operation
     */
    private double time(List<Node> results, Map<String, Long> sizes) {
        Node node = results.getFirst();
        Builder b = new Builder();
        List<Node> inputs = new ArrayList<>();
        List<Node> operands = new ArrayList<>();
        Map<String, Tensor> values = new HashMap<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            Node operand = node.input(i);
            if (operand.op() instanceof TensorOp.Constant) {
                operands.add(operand);
                continue;
            }
            TensorType type =
                    TensorType.of(operand.type().dtype(), operand.shape().evaluate(sizes));
            Node input = b.input("x" + inputs.size(), type);
            values.put("x" + inputs.size(), value(node, i, type, sizes));
            inputs.add(input);
            operands.add(input);
        }
        List<Program.Output> outputs = new ArrayList<>();
        for (Node result : results) {
            outputs.add(new Program.Output("y" + outputs.size(), b.op(OpDims.bind(result.op(), sizes), operands)));
        }
        Program single = new Program("op", inputs, outputs, program.constants());
        try (Executable executable = device.load(Compiler.compile(single, List.of()))) {
            long warm = System.nanoTime() + WARMUP_NANOS;
            for (int i = 0; i < options.warmup() || System.nanoTime() < warm; i++) {
                executable.run(values);
            }
            Timings timings = new Timings();
            for (int i = 0; i < options.iterations(); i++) {
                long begin = System.nanoTime();
                executable.run(values);
                timings.add(new long[] {System.nanoTime() - begin});
            }
            return timings.median() / 1e3;
        }
    }

    /**
     * Returns the value of a node: what depends on sizes alone is computed, ids and masks are in range, and floats are
     * random.
     */
    private Tensor value(Node node, int index, TensorType type, Map<String, Long> sizes) {
        Node operand = node.input(index);
        if (!eachRun.contains(operand)) {
            Tensor value = new Interpreter(Precision.F32)
                    .evaluate(List.of(operand), sizes, program.constants())
                    .get(operand);
            return value.dtype() == type.dtype()
                    ? value
                    : Tensor.ofDoubles(type.dtype(), value.toDoubles(), value.shape());
        }
        Random random = new Random(1);
        double[] values =
                new double[Math.toIntExact(Tensor.elements(type.shape().sizes()))];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.dtype() == DType.I1
                    ? 1
                    : type.dtype().isFloat() ? random.nextGaussian() : place(node, index, i, sizes.get(Symbols.LENGTH));
        }
        return Tensor.ofDoubles(type.dtype(), values, type.shape().sizes());
    }

    /** Sequences of one length, in attention that reads where they begin; ids elsewhere. */
    private static long place(Node node, int index, int i, long length) {
        boolean packed =
                node.op() instanceof KernelOp.PackedAttention || node.op() instanceof KernelOp.PackedAttentionGrad;
        return packed && index <= 4 ? i * length : packed ? i % length : i % 7;
    }
}
