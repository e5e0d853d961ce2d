package detangle.backend.vector;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.NotFiniteConstantException;
import detangle.backend.vector.VectorVariables.Variable;
import detangle.backend.vector.kernel.NarrowMatrix;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Panels;
import detangle.backend.vector.kernel.PositionTable;
import detangle.backend.vector.kernel.ProjectedRows;
import detangle.backend.vector.kernel.StoredMatrix;
import detangle.backend.vector.kernel.StoredRows;
import detangle.backend.vector.kernel.TileMatrix;
import detangle.backend.vector.kernel.Warmup;
import detangle.ir.DType;
import detangle.ir.IrException;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The constants of a program in the form that kernels read: matrices packed once, straight from their stored type;
 * small vectors as floats; tables that are only gathered from stay where they are mapped. Parameters have the same
 * forms, which a run finds in the same memory with other numbers.
 */
final class Constants {
    private final Program program;
    private final VectorVariables variables;
    private final ComputePrecision precision;
    private final boolean multipliesOnTiles;
    private final boolean attendsOnTiles;
    private final boolean trainsOnTiles;
    private final Map<Node, Panels> matrices = new IdentityHashMap<>();
    private final Map<Node, PositionTable> positions = new IdentityHashMap<>();
    private final Map<Node, TileMatrix[]> tiles = new IdentityHashMap<>();
    private final Map<Node, float[]> rows = new IdentityHashMap<>();
    private final Map<Node, float[]> vectors = new IdentityHashMap<>();
    private final Set<Variable> packed = new LinkedHashSet<>();
    private final Set<Variable> tiled = new LinkedHashSet<>();
    private final Map<Node, Object> evaluated = new IdentityHashMap<>();

    /**
     * Returns the packed constants of this one with the stored data of another program, which is this one without the
     * constants that are only read in their packed form.
     */
    Constants of(Program other) {
        Constants result = new Constants(other, variables, precision);
        result.matrices.putAll(matrices);
        result.positions.putAll(positions);
        result.tiles.putAll(tiles);
        result.packed.addAll(packed);
        result.tiled.addAll(tiled);
        return result;
    }

    /**
     * @param variables where the program's parameters are, whose arrays and packed forms stay the same when their
     *     values do not
     * @param precision in which matrices are multiplied: bf16 packs them for tiles
     */
    Constants(Program program, VectorVariables variables, ComputePrecision precision) {
        this.program = program;
        this.variables = variables;
        this.precision = precision;
        this.multipliesOnTiles = precision == ComputePrecision.BF16;
        this.attendsOnTiles = multipliesOnTiles && program.nodes().stream().noneMatch(Constants::isGradient);
        this.trainsOnTiles =
                multipliesOnTiles && program.nodes().stream().anyMatch(n -> n.op() instanceof TensorOp.Param);
    }

    private static boolean isGradient(Node node) {
        return node.op() instanceof KernelOp.DisentangledAttentionGrad
                || node.op() instanceof KernelOp.PackedAttentionGrad;
    }

    /**
     * Returns whether products of attention are in bfloat16. In programs with gradients of attention, which compute
     * probabilities again, they are in fp32.
     */
    boolean attendsOnTiles() {
        return attendsOnTiles;
    }

    /** Returns whether matrices that have elements are multiplied on tiles. */
    boolean multipliesOnTiles() {
        return multipliesOnTiles;
    }

    /** Returns whether a matrix that is packed ahead is multiplied on tiles. */
    boolean isOnTiles(Node weight) {
        return multipliesOnTiles && Arrays.stream(shape(weight)).allMatch(size -> size > 0);
    }

    /**
     * Returns whether products of two values that a run computes are in bfloat16: those of programs with parameters,
     * whose gradients are such products.
     */
    boolean trainsOnTiles() {
        return trainsOnTiles;
    }

    /** Returns whether a linear layer has this matrix for its weight. */
    boolean isOfALayer(Node matrix) {
        Node stored = unwidened(matrix);
        return program.nodes().stream()
                .anyMatch(n -> n.op() instanceof KernelOp.Linear && unwidened(n.input(1)) == stored);
    }

    /** Returns the variable of a parameter; empty for other nodes. */
    Optional<Variable> variable(Node node) {
        return node.op() instanceof TensorOp.Param(String name, var type)
                ? Optional.of(variables.get(name))
                : Optional.empty();
    }

    private PackedMatrix[] packed(Variable variable) {
        packed.add(variable);
        return variable.packed();
    }

    private TileMatrix tiled(Variable variable) {
        tiled.add(variable);
        return variable.tiles();
    }

    /** Returns what brings the packed forms of variables up to date that the program reads. */
    synchronized List<Runnable> packings() {
        List<Runnable> all = new ArrayList<>();
        packed.forEach(variable -> all.add(variable::pack));
        tiled.forEach(variable -> all.add(variable::packTiles));
        return all;
    }

    /** Returns the stored data of a named constant, in its type. */
    Optional<Tensor> named(Node node) {
        if (!(node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type))) {
            return Optional.empty();
        }
        Tensor tensor = program.constants().get(name);
        if (tensor == null) {
            throw new BackendException("the program has no data for the constant '" + name + "'");
        }
        DType dtype = node.type().dtype();
        // Folded data is kept in doubles.
        return Optional.of(
                tensor.dtype() == dtype ? tensor : Tensor.ofDoubles(dtype, tensor.toDoubles(), tensor.shape()));
    }

    /** Returns the operand of a conversion, or the node itself if it is another one. */
    static Node stored(Node node) {
        return node.op() instanceof TensorOp.Convert ? node.input(0) : node;
    }

    /**
     * Returns the operand of a conversion from 16 bits to f32, which changes no number, or the node itself if it is
     * another one.
     */
    static Node unwidened(Node node) {
        boolean widens = node.op() instanceof TensorOp.Convert
                && node.type().dtype() == DType.F32
                && switch (node.input(0).type().dtype()) {
                    case F16, BF16 -> true;
                    case F32, F64, I32, I64, I8, I1 -> false;
                };
        return widens ? node.input(0) : node;
    }

    /**
     * Returns a weight {@code [N,K]}, stored or converted, packed for products with its transpose, in 16 bits if it has
     * them, or if products are in bf16.
     */
    synchronized Panels matrix(Node weight) {
        Optional<Variable> variable = variable(weight);
        if (variable.isPresent()) {
            return isOnTiles(weight) ? tiled(variable.get()) : packed(variable.get())[0];
        }
        return matrices.computeIfAbsent(
                unwidened(weight), w -> panels(w, named(stored(w)).orElseThrow()));
    }

    private Panels panels(Node w, Tensor tensor) {
        int n = Math.toIntExact(tensor.dim(0));
        int k = Math.toIntExact(tensor.dim(1));
        DType dtype = w.type().dtype();
        Supplier<NotFiniteConstantException> fault = () -> new NotFiniteConstantException(name(stored(w)));
        if (isOnTiles(w)) {
            try {
                return dtype == DType.BF16
                        ? TileMatrix.ofBits((row, to, at) -> tensor.copyTo((long) row * k, dtype, to, at, k), n, k)
                        : TileMatrix.ofRows(
                                (row, count, to, at) -> tensor.copyTo((long) row * k, to, at, count * k), n, k);
            } catch (ArithmeticException notFinite) {
                throw fault.get();
            }
        }
        if (dtype == DType.F16 || dtype == DType.BF16) {
            try {
                return NarrowMatrix.ofRows(
                        (row, to, at) -> tensor.copyTo((long) row * k, dtype, to, at, k), dtype, n, k);
            } catch (ArithmeticException notFinite) {
                throw fault.get();
            }
        }
        StoredMatrix matrix =
                new StoredMatrix((row, count, to, at) -> tensor.copyTo((long) row * k, to, at, count * k), n, k, fault);
        return Warmup.isDeferred() ? matrix : matrix.kept();
    }

    private static String name(Node constant) {
        return constant.op() instanceof TensorOp.Constant(Literal.Named(String name), var type) ? name : "a constant";
    }

    /** Packs a table {@code [A,P,d]} in the form that attention multiplies; a parameter's is packed by runs. */
    void packHeads(Node table) {
        if (variable(table).isPresent()) {
            if (!attendsOnTiles) {
                heads(table);
            }
        } else if (attendsOnTiles) {
            tiles(table);
        } else {
            positions(table);
        }
    }

    /** Returns a variable {@code [A,P,d]}, packed for each head. */
    synchronized PackedMatrix[] heads(Node table) {
        return packed(variable(table).orElseThrow());
    }

    /** Returns a constant table {@code [A,P,d]}, stored or projected, packed for the tiles of each head. */
    synchronized TileMatrix[] tiles(Node table) {
        return tiles.computeIfAbsent(
                table,
                t -> Arrays.stream(table(t).whole()).map(TileMatrix::split).toArray(TileMatrix[]::new));
    }

    /**
     * Returns a constant table {@code [A,P,d]}, which is packed as far as runs reach, and projected so far where it is
     * not stored.
     */
    synchronized PositionTable positions(Node table) {
        return positions.computeIfAbsent(table, this::table);
    }

    private PositionTable table(Node table) {
        int[] shape = shape(table);
        return new PositionTable(
                Projection.of(table).<PositionTable.Source>map(this::projected).orElseGet(() -> stored(table, shape)),
                shape[1],
                shape[0],
                shape[2]);
    }

    private ProjectedRows projected(Projection projection) {
        float[] data = rows.computeIfAbsent(
                projection.rows(), r -> named(stored(r)).orElseThrow().toFloats());
        Panels weight = matrix(projection.weight());
        float[] bias = projection
                .bias()
                .map(b -> padded(named(stored(b)).orElseThrow().toFloats()))
                .orElseGet(() -> padded(new float[weight.n()]));
        return new ProjectedRows(data, weight, bias);
    }

    private StoredRows stored(Node table, int[] shape) {
        Tensor tensor = named(table).orElseThrow();
        int size = shape[2];
        return new StoredRows((row, count, to, at) -> tensor.copyTo((long) row * size, to, at, count * size), shape[1]);
    }

    /** Packs all rows of tables of positions. */
    synchronized void completeTables() {
        positions.values().forEach(PositionTable::whole);
    }

    /** Returns the shape of a constant. */
    static int[] shape(Node node) {
        return Arrays.stream(node.shape().sizes()).mapToInt(Math::toIntExact).toArray();
    }

    static PackedMatrix[] packHeads(float[] data, int offset, int heads, int rows, int size) {
        PackedMatrix[] packed = new PackedMatrix[heads];
        for (int h = 0; h < packed.length; h++) {
            packed[h] = PackedMatrix.ofRows(data, offset + h * rows * size, rows, size);
        }
        return packed;
    }

    /** Returns a small vector as floats, followed by room for one more panel: kernels read whole vectors. */
    synchronized float[] vector(Node node) {
        Optional<Variable> variable = variable(node);
        if (variable.isPresent()) {
            return (float[]) variable.get().array();
        }
        return vectors.computeIfAbsent(node, n -> padded(named(n).orElseThrow().toFloats()));
    }

    /** Returns the vector followed by as many zeros as a panel is wide. */
    static float[] padded(float[] vector) {
        return Arrays.copyOf(vector, vector.length + PackedMatrix.WIDTH);
    }

    /** Evaluates nodes that are the same at each run and at all sizes, each into an array of its own. */
    void evaluate(List<Node> nodes) {
        try {
            new Interpreter(Precision.F64)
                    .evaluate(nodes, Map.of(), program.constants())
                    .forEach((node, tensor) -> evaluated.put(
                            node,
                            Memory.copy(LengthTables.rounded(tensor, node.type().dtype()))));
        } catch (SizeException | InterpreterException e) {
            throw new IrException("a constant of the program has no value: " + e.getMessage());
        }
    }

    boolean isEvaluated(Node node) {
        return evaluated.containsKey(node);
    }

    /** Returns the elements of a node that has been evaluated. */
    Object evaluated(Node node) {
        return evaluated.get(node);
    }
}
