package detangle.backend.vector.amx;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The processor's tiles. Each kernel configures them and releases them, so that no thread keeps them between calls. A
 * call counts as Java code for the collector, which waits for it, so that arrays may be passed: callers keep calls short.
 *
 * <p>This is a record, as the JIT then takes its fields for constants.
 */
record EmittedTiles(
        TileConfigurations configurations,
        MethodHandle packing,
        MethodHandle oneByOne,
        MethodHandle oneByTwo,
        MethodHandle twoByOne,
        MethodHandle twoByTwo)
        implements MatrixUnit {

    /**
     * Writes the kernels into memory.
     *
     * @param arena which they live as long as
     * @throws ExecutableMemory.RefusedException if the system does not let memory be executed
     */
    static EmittedTiles in(Arena arena) throws ExecutableMemory.RefusedException {
        return new EmittedTiles(
                new TileConfigurations(arena),
                packing(arena),
                product(1, 1, arena),
                product(1, 2, arena),
                product(2, 1, arena),
                product(2, 2, arena));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle product(int rowTiles, int columnTiles, Arena arena)
            throws ExecutableMemory.RefusedException {
        MemorySegment code = ExecutableMemory.write(TileCode.product(rowTiles, columnTiles), arena);
        return Linker.nativeLinker().downcallHandle(code, TileCode.PRODUCT, Linker.Option.critical(true));
    }

    /** Writes the kernel of {@link TilePacking}s, which needs AVX-512 with bfloat16 and no tiles. */
    @SuppressWarnings("restricted")
    static MethodHandle packing(Arena arena) throws ExecutableMemory.RefusedException {
        MemorySegment code = ExecutableMemory.write(TileCode.packing(), arena);
        return Linker.nativeLinker().downcallHandle(code, TileCode.PACKING, Linker.Option.critical(true));
    }

    @Override
    public void run(TilePacking p) {
        run(packing, p);
    }

    /** Runs a kernel that {@link #packing(Arena)} has written. */
    static void run(MethodHandle packing, TilePacking p) {
        try {
            packing.invokeExact(p.floats(), p.stride(), p.tiles(), (long) p.steps(), (long) p.rows(), p.stepBytes());
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    @Override
    public void run(TileProduct p) {
        MethodHandle kernel = p.blockRows() > TILE_ROWS
                ? p.columns() > TILE_ROWS ? twoByTwo : twoByOne
                : p.columns() > TILE_ROWS ? oneByTwo : oneByOne;
        try {
            kernel.invokeExact(
                    p.rows(),
                    p.panel(),
                    p.result(),
                    p.initial(),
                    configurations.of(p.blockRows(), p.columns()),
                    (long) p.steps(),
                    (long) p.blocks(),
                    p.resultStride(),
                    p.initialStride(),
                    p.blockBytes());
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** Machine code throws nothing; the call may, for want of memory or where a segment's arena is closed. */
    private static RuntimeException failure(Throwable e) {
        return switch (e) {
            case RuntimeException known -> known;
            case Error known -> throw known;
            default -> new IllegalStateException(e);
        };
    }
}
