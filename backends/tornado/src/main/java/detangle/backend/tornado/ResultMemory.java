package detangle.backend.tornado;

import detangle.ir.InternalException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Memory for the results of runs. Large results are outside the heap, in memory that nobody has set to zero before they
 * are written there, and that is freed when the last reference to them is gone. Small ones are arrays of the heap.
 */
@SuppressWarnings("restricted")
final class ResultMemory {
    /** Bytes from which a result is outside the heap, and each thread that copies it has so many at least. */
    static final long LARGE = 1L << 20;

    private static final ResultMemory SHARED =
            new ResultMemory(Runtime.getRuntime().maxMemory() / 4);

    private static final MethodHandle MALLOC =
            function("malloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    /**
     * @param limit bytes that results may have outside the heap. The collector does not know of them, so that those
     *     beyond it are arrays of the heap, which make it run and free the others.
     */
    ResultMemory(long limit) {
        this.limit = limit;
    }

    /** Returns the memory that all executables share. */
    static ResultMemory shared() {
        return SHARED;
    }

    /** Returns the bytes that results have outside the heap. */
    long taken() {
        return taken.get();
    }

    /** Copies a segment, by several threads if it is large. */
    MemorySegment copy(MemorySegment source) {
        MemorySegment copy = allocate(source.byteSize());
        int parts =
                Math.clamp(source.byteSize() / LARGE, 1, Runtime.getRuntime().availableProcessors());
        if (parts == 1) {
            return copy.copyFrom(source);
        }
        long each = Math.ceilDiv(source.byteSize(), parts);
        IntStream.range(0, parts).parallel().forEach(part -> {
            long from = part * each;
            MemorySegment.copy(source, from, copy, from, Math.min(each, source.byteSize() - from));
        });
        return copy;
    }

    private MemorySegment allocate(long bytes) {
        if (bytes >= LARGE && taken.addAndGet(bytes) <= limit) {
            MemorySegment memory = malloc(bytes);
            if (memory.address() != 0) {
                return memory.reinterpret(bytes, Arena.ofAuto(), m -> {
                    free(m);
                    taken.addAndGet(-bytes);
                });
            }
        }
        if (bytes >= LARGE) {
            taken.addAndGet(-bytes);
        }
        return MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    private static MemorySegment malloc(long bytes) {
        try {
            return (MemorySegment) MALLOC.invokeExact(bytes);
        } catch (Throwable e) {
            throw new InternalException("malloc cannot be called", e);
        }
    }

    private static void free(MemorySegment memory) {
        try {
            FREE.invokeExact(memory);
        } catch (Throwable e) {
            throw new InternalException("free cannot be called", e);
        }
    }
}
