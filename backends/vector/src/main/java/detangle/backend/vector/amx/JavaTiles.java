package detangle.backend.vector.amx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The arithmetic of tiles in Java, in the order of Intel's description of TDPBF16PS: a step adds up the products of the
 * first elements of all pairs, and those of the second ones, by multiplications that are rounded together with their
 * addition; it adds the two sums, and then their sum to the result. It has the speed of a reference.
 */
public final class JavaTiles implements MatrixUnit {
    private static final VectorSpecies<Float> FLOATS = species();
    private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
    private static final int LANES = FLOATS.length();

    /** A row of a tile has 16 floats, so that no vector is longer. */
    private static VectorSpecies<Float> species() {
        int bits = Math.min(FloatVector.SPECIES_PREFERRED.vectorBitSize(), TILE_ROW * Byte.SIZE);
        return VectorSpecies.of(float.class, VectorShape.forBitSize(bits));
    }

    @Override
    public void run(TilePacking p) {
        for (int row = 0; row < p.rows(); row++) {
            for (int step = 0; step < p.steps(); step++) {
                for (int i = 0; i < DEPTH; i++) {
                    long from = row * p.stride() + ((long) step * DEPTH + i) * Float.BYTES;
                    long to = step * p.stepBytes() + (long) row * TILE_ROW + (long) i * Short.BYTES;
                    short bits = Bf16.round(p.floats().get(ValueLayout.JAVA_FLOAT_UNALIGNED, from));
                    p.tiles().set(ValueLayout.JAVA_SHORT, to, bits);
                }
            }
        }
    }

    @Override
    public void run(TileProduct p) {
        float[] sums = new float[3 * TILE_ROWS];
        int rowTiles = MatrixUnit.tiles(p.blockRows());
        for (int block = 0; block < p.blocks(); block++) {
            for (int i = 0; i < p.blockRows(); i++) {
                long row = (long) block * BLOCK_ROWS + i;
                long left = block * p.blockBytes() + (long) i / TILE_ROWS * TILE + (long) i % TILE_ROWS * TILE_ROW;
                for (int first = 0; first < p.columns(); first += TILE_ROWS) {
                    row(p, row, left, (long) rowTiles * TILE, first, sums);
                }
            }
        }
    }

    /** The columns of one tile in a row of the result. */
    private static void row(TileProduct p, long row, long left, long stepBytes, int first, float[] sums) {
        int columns = Math.min(TILE_ROWS, p.columns() - first);
        long initial = row * p.initialStride() + (long) first * Float.BYTES;
        for (int j = 0; j < columns; j++) {
            sums[j] = p.initial().get(ValueLayout.JAVA_FLOAT_UNALIGNED, initial + (long) j * Float.BYTES);
        }
        for (int step = 0; step < p.steps(); step++) {
            long right = (2L * step + first / TILE_ROWS) * TILE;
            for (int j = 0; j < TILE_ROWS; j += LANES) {
                step(p, left + step * stepBytes, right + (long) j * Float.BYTES, sums, j);
            }
        }
        long result = row * p.resultStride() + (long) first * Float.BYTES;
        for (int j = 0; j < columns; j++) {
            p.result().set(ValueLayout.JAVA_FLOAT_UNALIGNED, result + (long) j * Float.BYTES, sums[j]);
        }
    }

    private static void step(TileProduct p, long left, long right, float[] sums, int at) {
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = FloatVector.zero(FLOATS);
        MemorySegment rows = p.rows();
        MemorySegment panel = p.panel();
        for (int pair = 0; pair < DEPTH / 2; pair++) {
            int two = rows.get(ValueLayout.JAVA_INT, left + (long) pair * Integer.BYTES);
            IntVector columns =
                    IntVector.fromMemorySegment(INTS, panel, right + (long) pair * TILE_ROW, ByteOrder.LITTLE_ENDIAN);
            FloatVector low = columns.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats();
            FloatVector high = columns.and(-1 << Short.SIZE).reinterpretAsFloats();
            even = fma(Bf16.flush(Bf16.widen((short) two)), flush(low), even);
            odd = fma(Bf16.flush(Bf16.widen((short) (two >>> Short.SIZE))), flush(high), odd);
        }
        FloatVector sum = flush(even.add(odd));
        flush(flush(FloatVector.fromArray(FLOATS, sums, at)).add(sum)).intoArray(sums, at);
    }

    /** Computes {@link Bf16#fma} of numbers that are not denormal. */
    private static FloatVector fma(float a, FloatVector b, FloatVector c) {
        FloatVector sum = b.fma(FloatVector.broadcast(FLOATS, a), c);
        if (sum.abs().compare(VectorOperators.EQ, Float.MIN_NORMAL).anyTrue()) {
            for (int i = 0; i < LANES; i++) {
                sum = sum.withLane(i, Bf16.fma(a, b.lane(i), c.lane(i)));
            }
        }
        return flush(sum);
    }

    private static FloatVector flush(FloatVector x) {
        VectorMask<Float> denormal = x.abs().compare(VectorOperators.LT, Float.MIN_NORMAL);
        FloatVector zeros = x.reinterpretAsInts().and(Integer.MIN_VALUE).reinterpretAsFloats();
        return x.blend(zeros, denormal);
    }
}
