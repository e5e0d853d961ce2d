package detangle.backend.tornado;

import detangle.backend.ComputePrecision;
import detangle.backend.Plan;
import detangle.backend.tornado.Launch.Work;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.InternalException;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Collects the launches of a program's kernels, in order. {@link Lowering} adds those of one operation. */
final class Launcher {
    private final Buffers buffers;
    private final Optional<ComputePrecision> library;
    private final AttentionMethods attention;
    private final IntArray faults;
    private final List<Node> checked = new ArrayList<>();
    private final List<Launch> launches = new ArrayList<>();

    /** The launches of operations that updates alone need, which are the last. */
    private int lateLaunches;

    /** The operation whose kernels are added, by its results. */
    private List<Node> results = List.of();

    private Launcher(Buffers buffers, Optional<ComputePrecision> library, AttentionMethods attention, IntArray faults) {
        this.buffers = buffers;
        this.library = library;
        this.attention = attention;
        this.faults = faults;
    }

    /**
     * Returns all launches of a program.
     *
     * @param library the precision of the matrix library that computes products; empty where kernels compute them
     */
    static Launcher of(Plan plan, Buffers buffers, Optional<ComputePrecision> library, AttentionMethods attention) {
        Set<Node> eachRun = plan.program().eachRun();
        List<List<Node>> operations = plan.operations().stream()
                .filter(o -> eachRun.contains(o.getFirst()) && !isGiven(o.getFirst()))
                .toList();
        Launcher launcher = new Launcher(buffers, library, attention, new IntArray(Math.max(1, operations.size())));
        Set<Node> late = Collections.newSetFromMap(new IdentityHashMap<>());
        late.addAll(plan.memory().late());
        for (List<Node> operation : operations) {
            int before = launcher.launches.size();
            launcher.add(operation);
            if (late.contains(operation.getFirst())) {
                launcher.lateLaunches += launcher.launches.size() - before;
            }
        }
        return launcher;
    }

    private static boolean isGiven(Node node) {
        return node.op() instanceof TensorOp.Input || node.op() instanceof TensorOp.Param;
    }

    private void add(List<Node> operation) {
        results = operation;
        int first = launches.size();
        DeviceKernels.of(operation.getFirst())
                .orElseThrow(() -> new InternalException(operation.getFirst() + " has no kernel"))
                .to(this);
        List<Launch> added = launches.subList(first, launches.size());
        if (added.size() > 1) {
            added.replaceAll(Launch::labelledByCall);
        }
    }

    /** Returns all results of the operation whose kernels are added that the program has. */
    List<Node> results() {
        return results;
    }

    private String operation() {
        return results.getFirst().op().mnemonic();
    }

    /** Returns the launches, with library calls that follow one another in one. */
    List<Launch> launches() {
        return LibrarySequence.joined(launches);
    }

    /** Returns the number of launches at the end that updates alone need. They are kernels that check nothing. */
    int lateLaunches() {
        return lateLaunches;
    }

    /** Returns where kernels tell of wrong ids: an element for each of {@link #checked}, and room for more. */
    IntArray faults() {
        return faults;
    }

    /** Returns the operations that tell of wrong ids. */
    List<Node> checked() {
        return List.copyOf(checked);
    }

    Buffers buffers() {
        return buffers;
    }

    /** Returns the array that holds a node's value. */
    Object array(Node node) {
        return array(node, node.type().dtype());
    }

    /** Returns the array that holds a node's value in the type of the kernel that reads it; see {@link Buffers}. */
    Object array(Node node, DType dtype) {
        return buffers.of(node, dtype).array();
    }

    /** Stands where a kernel takes an operand that an operation does not have. */
    Object absent(DType dtype) {
        return buffers.absent(dtype).array();
    }

    /** Returns the precision of the matrix library, or nothing where kernels compute products. */
    Optional<ComputePrecision> library() {
        return library;
    }

    /** Returns how attention without dropout is computed. */
    AttentionMethods attention() {
        return attention;
    }

    void launch(LibraryCall call, List<Object> arguments, Function<Map<String, Long>, Work> work) {
        launches.add(new Launch(operation(), operation(), call, arguments, 0, 0, work));
    }

    void launch(KernelTask task, List<Object> arguments, int threads, Function<Map<String, Long>, Work> work) {
        launches.add(new Launch(operation(), operation(), task, arguments, 0, threads, work));
    }

    /** Launches a kernel that tells of wrong ids of a node, which has {@link #faults} among its arguments. */
    void launchChecked(
            Node node, KernelTask task, List<Object> arguments, int threads, Function<Map<String, Long>, Work> work) {
        launches.add(new Launch(operation(), operation(), task, arguments, checked.size(), threads, work));
        checked.add(node);
    }

    /** Returns the sizes of a node's axes for sizes of the symbols. */
    static int[] shape(Node node, Map<String, Long> bindings) {
        return shape(node.shape(), bindings);
    }

    static int[] shape(Shape shape, Map<String, Long> bindings) {
        return Arrays.stream(shape.evaluate(bindings))
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    static int size(Dim dim, Map<String, Long> bindings) {
        return Math.toIntExact(dim.evaluate(bindings));
    }
}
