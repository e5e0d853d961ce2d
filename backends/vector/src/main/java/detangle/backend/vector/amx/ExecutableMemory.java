package detangle.backend.vector.amx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory for machine code on Linux: it is written and then executed, and never both at a time. */
final class ExecutableMemory {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;

    /** MAP_PRIVATE and MAP_ANONYMOUS. */
    private static final int OF_THIS_PROCESS = 0x22;

    private static final long MAP_FAILED = -1;
    private static final long PAGE = 4096;

    private ExecutableMemory() {}

    /** Says that the system lets no memory be executed that has been written, as hardened systems do. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    /**
     * Returns pages that contain the code.
     *
     * @param arena with which the pages are given back to the system
     */
    @SuppressWarnings("restricted")
    static MemorySegment write(byte[] code, Arena arena) throws RefusedException {
        long size = (code.length + PAGE - 1) & -PAGE;
        MemorySegment pages = map(size).reinterpret(size, arena, ExecutableMemory::unmap);
        MemorySegment.copy(code, 0, pages, JAVA_BYTE, 0, code.length);
        MethodHandle mprotect =
                SystemCalls.function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        try (SystemCalls.Errors errors = new SystemCalls.Errors()) {
            if ((int) mprotect.invokeExact(errors.state(), pages, size, READ | EXECUTE) != 0) {
                throw new RefusedException("mprotect answers " + errors.text());
            }
        } catch (RefusedException e) {
            throw e;
        } catch (Throwable e) {
            throw SystemCalls.failure(e);
        }
        return pages;
    }

    private static MemorySegment map(long size) throws RefusedException {
        MethodHandle mmap = SystemCalls.function(
                "mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        try (SystemCalls.Errors errors = new SystemCalls.Errors()) {
            MemorySegment at = (MemorySegment)
                    mmap.invokeExact(errors.state(), MemorySegment.NULL, size, READ | WRITE, OF_THIS_PROCESS, -1, 0L);
            if (at.address() == MAP_FAILED) {
                throw new RefusedException("mmap answers " + errors.text());
            }
            return at;
        } catch (RefusedException e) {
            throw e;
        } catch (Throwable e) {
            throw SystemCalls.failure(e);
        }
    }

    private static void unmap(MemorySegment pages) {
        MethodHandle munmap = SystemCalls.function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
        try (SystemCalls.Errors errors = new SystemCalls.Errors()) {
            int unused = (int) munmap.invokeExact(errors.state(), pages, pages.byteSize());
        } catch (Throwable e) {
            throw SystemCalls.failure(e);
        }
    }
}
