package detangle.backend.vector;

import detangle.backend.vector.amx.MatrixUnits;
import detangle.backend.vector.kernel.Gemm;
import detangle.backend.vector.kernel.KeptPanels;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Places;
import detangle.backend.vector.kernel.TileMatrix;
import detangle.backend.vector.kernel.TileRoom;
import detangle.backend.vector.kernel.VectorAttention;
import detangle.backend.vector.kernel.VectorLayerNorm;
import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The state of one run: sizes, memory, the place of each value in it, and kernels, which keep their objects from run
 * to run. Steps are the same for all frames; they read sizes and places here.
 */
final class Frame {
    private final SizeTable table;
    private final long[] given;
    private final long[] symbols;
    private final long[] sizes;
    private final Layout.Offsets memory;
    private final Arenas arenas = new Arenas();

    private final StridedCopy stridedCopy = new StridedCopy();
    private final Places left = new Places();
    private final Places right = new Places();

    /** The array of each value, and the place where the value begins in it. */
    private final Object[] arrays;

    private final int[] offsets;

    /** The arrays before any memory is placed: only constants have one. */
    private final Object[] constants;

    private final int relativeTableCount;
    private final int packedForms;
    private final boolean attendsOnTiles;
    private Gemm gemm;
    private VectorLayerNorm layerNorm;
    private VectorAttention attention;

    private ElementwiseLoop elementwise;
    private RelativeTables relativeTables;

    /** Matrices that a run packs, by the number of the operand: their memory serves the next run too. */
    private PackedMatrix[][] packed;

    /** The same of matrices that tiles multiply. */
    private TileMatrix[][] tiles;

    private TileRoom[] tileRooms;

    private float[] zeros = {};
    private long run;

    /** Tells whether the sizes and places belong to {@link #symbols}. */
    private boolean placed;

    /**
     * @param constants by value, the arrays of those that are the same at each run, and null for others
     * @param attendsOnTiles whether products of attention are in bfloat16
     */
    Frame(
            SizeTable table,
            Layout.Offsets memory,
            Object[] constants,
            int relativeTables,
            int packedForms,
            boolean attendsOnTiles) {
        this.table = table;
        this.given = new long[table.symbols()];
        this.symbols = new long[table.symbols()];
        this.sizes = new long[table.size()];
        this.memory = memory;
        this.arrays = constants.clone();
        this.offsets = new int[constants.length];
        this.constants = constants;
        this.relativeTableCount = relativeTables;
        this.packedForms = packedForms;
        this.attendsOnTiles = attendsOnTiles;
        makeKernels();
    }

    private void makeKernels() {
        gemm = new Gemm();
        layerNorm = new VectorLayerNorm();
        attention = attendsOnTiles ? new VectorAttention(MatrixUnits::unit) : new VectorAttention();
        elementwise = new ElementwiseLoop();
        relativeTables = new RelativeTables(relativeTableCount);
        packed = new PackedMatrix[packedForms][];
        tiles = new TileMatrix[packedForms][];
        tileRooms = Stream.generate(TileRoom::new).limit(packedForms).toArray(TileRoom[]::new);
    }

    /**
     * Returns the sizes of the symbols of the next run, to be filled before {@link #begin}; -1 for one that no input
     * has.
     */
    long[] given() {
        return given;
    }

    /** Begins a run: whether it has other sizes than the last one, so that its values are to be placed anew. */
    boolean begin() {
        run++;
        if (placed && Arrays.equals(symbols, given)) {
            arenas.need(memory.ends());
            return false;
        }
        placed = false;
        System.arraycopy(given, 0, symbols, 0, symbols.length);
        table.evaluate(symbols, sizes);
        return true;
    }

    /** Says that all values have been placed, after {@link #begin}. */
    void end() {
        placed = true;
    }

    /** Returns a number that no other run of this frame has. */
    long run() {
        return run;
    }

    /** Returns all sizes, by their places in the {@link SizeTable}. */
    long[] sizes() {
        return sizes;
    }

    Map<String, Long> bindings() {
        return table.bindings(symbols);
    }

    /** Returns the places of the slots of memory. */
    Layout.Offsets memory() {
        return memory;
    }

    /** Makes room for the slots at the places that {@link #memory} has computed. */
    void reserve() {
        if (!arenas.fit(memory.ends())) {
            forget(); // Before there is more, so that the garbage collector may take it.
            arenas.grow(memory.ends());
        }
    }

    /** Returns the memory of a type of elements. */
    Object arena(DType dtype) {
        return arenas.array(dtype);
    }

    /** Lets go of memory that no run has needed since the last call. */
    void trim() {
        if (arenas.trim()) {
            forget();
        }
    }

    /** Values and kernels hold memory. */
    private void forget() {
        placed = false;
        System.arraycopy(constants, 0, arrays, 0, arrays.length);
        makeKernels();
    }

    /** Room for matrices {@code [N,K]} that a run packs for an operand with that number. */
    PackedMatrix[] packed(int number, int matrices, int n, int k) {
        if (!fits(packed[number], matrices, n, k)) {
            packed[number] = Stream.generate(() -> PackedMatrix.empty(n, k))
                    .limit(matrices)
                    .toArray(PackedMatrix[]::new);
        }
        return packed[number];
    }

    /** Returns room for matrices {@code [N,K]} that tiles multiply. */
    TileMatrix[] tiles(int number, int matrices, int n, int k) {
        if (!fits(tiles[number], matrices, n, k)) {
            tiles[number] = TileMatrix.in(tileRooms[number], matrices, n, k);
        }
        return tiles[number];
    }

    private static boolean fits(KeptPanels[] all, int matrices, int n, int k) {
        return all != null && all.length == matrices && (matrices == 0 || all[0].n() == n && all[0].k() == k);
    }

    /** Says where a value is from now on. */
    void place(FrameValue value, Object array, int offset) {
        arrays[value.index()] = array;
        offsets[value.index()] = offset;
    }

    /** Returns a size by its place in the {@link SizeTable}. */
    int size(int slot) {
        return (int) sizes[slot];
    }

    int dim(FrameValue value, int axis) {
        int[] dims = value.dims();
        return (int) sizes[dims[axis < 0 ? axis + dims.length : axis]];
    }

    int elements(FrameValue value) {
        return (int) sizes[value.elements()];
    }

    /** Returns the elements of the axes {@code [from, to)} together. */
    int elements(FrameValue value, int from, int to) {
        int n = 1;
        for (int axis = from; axis < to; axis++) {
            n *= dim(value, axis);
        }
        return n;
    }

    /** Returns the product of all sizes but the last. */
    int rows(FrameValue value) {
        return elements(value, 0, value.rank() - 1);
    }

    Object array(FrameValue value) {
        return arrays[value.index()];
    }

    int offset(FrameValue value) {
        return offsets[value.index()];
    }

    float[] floats(FrameValue value) {
        return (float[]) array(value);
    }

    byte[] bytes(FrameValue value) {
        return (byte[]) array(value);
    }

    int[] ints(FrameValue value) {
        return (int[]) array(value);
    }

    long[] longs(FrameValue value) {
        return (long[]) array(value);
    }

    /** Zeros, which nobody may change. */
    float[] zeros(int atLeast) {
        if (zeros.length < atLeast) {
            zeros = new float[atLeast];
        }
        return zeros;
    }

    Gemm gemm() {
        return gemm;
    }

    VectorLayerNorm layerNorm() {
        return layerNorm;
    }

    VectorAttention attention() {
        return attention;
    }

    ElementwiseLoop elementwise() {
        return elementwise;
    }

    StridedCopy stridedCopy() {
        return stridedCopy;
    }

    /** Places of a kernel's left operand, which each kernel sets. */
    Places left() {
        return left;
    }

    Places right() {
        return right;
    }

    RelativeTables relativeTables() {
        return relativeTables;
    }

    private MemorySegment segment(FrameValue value) {
        return Memory.part(value.dtype(), array(value), offset(value), elements(value));
    }

    private long[] shape(FrameValue value) {
        long[] shape = new long[value.rank()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = dim(value, axis);
        }
        return shape;
    }

    /** Returns a value as a tensor, in the same memory. */
    Tensor shared(FrameValue value) {
        return new Tensor(value.dtype(), shape(value), segment(value));
    }

    /** Returns a value as a tensor that outlives this run. */
    Tensor copy(FrameValue value) {
        int count = elements(value);
        Object copy = Memory.newArray(value.dtype(), count);
        System.arraycopy(array(value), offset(value), copy, 0, count);
        return new Tensor(value.dtype(), shape(value), Memory.all(copy));
    }

    /** Sets a value. */
    void set(FrameValue value, Tensor tensor) {
        MemorySegment.copy(
                tensor.data(),
                0,
                Memory.all(array(value)),
                (long) offset(value) * value.dtype().bytes(),
                (long) elements(value) * value.dtype().bytes());
    }

    /** Sets elements of a value to those of a tensor of its type, from {@code from} on. */
    void set(FrameValue value, int at, int count, Tensor tensor, long from) {
        DType dtype = value.dtype();
        MemorySegment.copy(
                tensor.data(),
                from * dtype.bytes(),
                Memory.all(array(value)),
                (long) (offset(value) + at) * dtype.bytes(),
                (long) count * dtype.bytes());
    }
}
